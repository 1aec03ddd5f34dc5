package plan_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"aftersales/internal/plan"
)

type object = map[string]any

// part follows properties and items of a schema; the map or list of an anyOf is meant.
func part(t *testing.T, s object, keys ...string) object {
	t.Helper()
	for _, key := range keys {
		if options, ok := s["anyOf"].([]any); ok {
			for _, option := range options {
				if o := option.(object); o["type"] == "object" || o["type"] == "array" {
					s = o
				}
			}
		}
		var next any
		if key == "[]" {
			next = s["items"]
		} else if p, ok := s["properties"].(object); ok {
			next = p[key]
		}
		if next == nil && s["additionalProperties"] != false {
			next = s["additionalProperties"]
		}
		found, ok := next.(object)
		if !ok {
			t.Fatalf("the schema has no %v", keys)
		}
		s = found
	}
	return s
}

func schema(t *testing.T, src []byte) object {
	t.Helper()
	var s object
	if err := json.Unmarshal(src, &s); err != nil {
		t.Fatal(err)
	}
	if s["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("draft %v", s["$schema"])
	}
	return s
}

func TestSchemaKnowsEveryKeyOfTheExamples(t *testing.T) {
	for file, s := range map[string]object{
		"testdata/lint/example.yaml": schema(t, plan.Schema()), "testdata/catalogue/example.yaml": schema(t, plan.CatalogueSchema()),
	} {
		var data any
		if err := yaml.Unmarshal(read(t, file), &data); err != nil {
			t.Fatal(err)
		}
		walk(t, s, data)
	}
}

func walk(t *testing.T, s object, data any) {
	t.Helper()
	switch data := data.(type) {
	case object:
		for key, value := range data {
			walk(t, part(t, s, key), value)
		}
	case []any:
		for _, item := range data {
			walk(t, part(t, s, "[]"), item)
		}
	case string:
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(data) {
			t.Errorf("%q does not fit %s", data, p)
		}
		if words, ok := s["enum"].([]any); ok && !slices.Contains(words, any(data)) {
			t.Errorf("%q is none of %v", data, words)
		}
	}
}

// The parser names the keys it knows where one is wrong; the schema has the same.
func TestSchemaHasTheKeysTheParserKnows(t *testing.T) {
	tests := []struct {
		src   string
		place []string
	}{
		{"zzzzzzzzzz: 1\n", nil},
		{"orders: {zzzzzzzzzz: 1}\n", []string{"orders"}},
		{"delivered: {zzzzzzzzzz: 1}\n", []string{"delivered"}},
		{"delivered: {assume: {zzzzzzzzzz: 1}}\n", []string{"delivered", "assume"}},
		{"late: {zzzzzzzzzz: 1}\n", []string{"late"}},
		{"budget: {zzzzzzzzzz: 1}\n", []string{"budget"}},
		{"coverage: [{zzzzzzzzzz: 1}]\n", []string{"coverage", "[]"}},
		{"steps: [{zzzzzzzzzz: 1}]\n", []string{"steps", "[]"}},
		{"steps: [{after: {zzzzzzzzzz: 1}}]\n", []string{"steps", "[]", "after"}},
		{"steps: [{before: {zzzzzzzzzz: 1}}]\n", []string{"steps", "[]", "before"}},
		{"steps: [{every: {zzzzzzzzzz: 1}}]\n", []string{"steps", "[]", "every"}},
		{"steps: [{tries: {zzzzzzzzzz: 1}}]\n", []string{"steps", "[]", "tries"}},
		{"steps: [{late: {zzzzzzzzzz: 1}}]\n", []string{"steps", "[]", "late"}},
		{"steps: [{hold: {zzzzzzzzzz: 1}}]\n", []string{"steps", "[]", "hold"}},
	}
	root := schema(t, plan.Schema())
	for _, tt := range tests {
		_, faults := plan.Parse("p.yaml", []byte(tt.src))
		i := slices.IndexFunc(faults, func(f plan.Fault) bool { return strings.Contains(f.Cause, "zzzzzzzzzz") })
		if i < 0 {
			t.Errorf("%s: no fault:\n%v", tt.src, faults)
			continue
		}
		known := strings.Split(strings.TrimPrefix(faults[i].Mend, "known are "), ", ")
		at := part(t, root, tt.place...)
		if options, ok := at["anyOf"].([]any); ok {
			at = options[1].(object)
		}
		var has []string
		for key, p := range at["properties"].(object) {
			has = append(has, key)
			if p.(object)["description"] == "" {
				t.Errorf("%v.%s has no description", tt.place, key)
			}
		}
		slices.Sort(known)
		slices.Sort(has)
		if !slices.Equal(known, has) {
			t.Errorf("%v: the parser knows %v, the schema %v", tt.place, known, has)
		}
		if at["additionalProperties"] != false {
			t.Errorf("%v: other keys are allowed", tt.place)
		}
	}
}
