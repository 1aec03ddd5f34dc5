package web_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftersales/internal/civil"
	"aftersales/internal/web"
	"aftersales/internal/web/compile"
)

var update = flag.Bool("update", false, "write the pages anew")

// The code is what the templates say now. Where it does not even compile, delete
// written_*.go first.
func TestWritten(t *testing.T) {
	for name, folder := range web.Folders() {
		code, err := compile.Go(folder)
		if err != nil {
			t.Fatal(err)
		}
		file := "written_" + name + ".go"
		if *update {
			if err := os.WriteFile(file, code, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, code) {
			t.Errorf("%s is older than its templates (%v): go test ./internal/web -run TestWritten -update", file, err)
		}
	}
}

// Whatever stands in a page's data, the code writes what html/template would, but
// for plus signs, which need no escape: phone numbers are read by more than browsers.
func TestWrittenAsTemplates(t *testing.T) {
	for name, folder := range web.Folders() {
		reference := web.Templates(name)
		for _, page := range slices.Sorted(maps.Keys(folder.Roots)) {
			t.Run(page, rapid.MakeCheck(func(t *rapid.T) {
				data := reflect.New(reflect.TypeOf(folder.Roots[page]))
				fill(t, data.Elem())
				web.Frame(data, rapid.Bool().Draw(t, "lanes"), rapid.Bool().Draw(t, "clock"), rapid.SampledFrom(words).Draw(t, "word"))
				var want bytes.Buffer
				if err := reference.ExecuteTemplate(&want, page, data.Elem().Interface()); err != nil {
					t.Fatal(err)
				}
				if want, got := strings.ReplaceAll(want.String(), "&#43;", "+"), web.Written(data.Elem().Interface()); got != want {
					t.Errorf("written\n%s\nwant\n%s", got, want)
				}
			}))
		}
	}
}

// words are what escaping is about, and what templates compare with.
var words = []string{
	"", "open", "plain", "a <b> & \"c\" 'd' `e` +f", "javascript:alert(1)", "https://shop.example/?a=b&c=d%20e%zz#f", "tel:1", "/x:y", "mailto:a@b.example", "HTTPS://x",
	"\x00\x01\u202e\uFEFF", "\xff\xfe", "äöü € 😀", "2026-03-05T10:00:00", "2026-03-05T10:00:00Z", "&#43;", "</style><script>", "  two\n\nlines ",
}

// fill puts something into every exported field. Style sheets are ours: no words of
// others stand in them.
func fill(t *rapid.T, v reflect.Value) {
	if v.Type().Name() == "css" || v.CanSet() && filled(t, v.Addr().Interface()) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom(words), rapid.String()).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(0, 2).Draw(t, "int")))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, "len"), 2))
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 2).Draw(t, "len") {
			key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key)
			fill(t, item)
			v.SetMapIndex(key, item)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() || v.Type().Field(i).Anonymous {
				fill(t, f)
			}
		}
	default:
		t.Fatalf("nothing is known that fills a %s", v.Type())
	}
}

// filled puts something into what has no exported fields, or not any value in them.
func filled(t *rapid.T, at any) bool {
	switch at := at.(type) {
	case *time.Time:
		*at = rapid.SampledFrom([]time.Time{{}, start}).Draw(t, "time")
	case **time.Location:
		*at = rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("a<b", 3600)}).Draw(t, "zone")
	case *civil.DateTime:
		*at = rapid.SampledFrom([]civil.DateTime{{}, civil.DateTimeOf(start, time.UTC)}).Draw(t, "civil")
	default:
		return false
	}
	return true
}
