package source_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"aftersales/internal/source"
)

var update = flag.Bool("update", false, "write what is wanted")

const schemaFile = "../../events/schema.json"

func TestSchemaIsCurrent(t *testing.T) {
	got := source.Schema()
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("events/schema.json is not what the code reads: run this test with -update")
	}
}

// The bodies of our own events say nothing that the schema does not know.
func TestOurEventsFitTheSchema(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(source.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	for name, body := range bodies(t, "generic") {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		fits(t, name, v, root)
	}
}

// fits checks types, known names and required fields: the part of JSON Schema
// that ours uses.
func fits(t *testing.T, path string, v any, schema map[string]any) {
	t.Helper()
	if enum, ok := schema["enum"].([]any); ok {
		if !slices.Contains(enum, v) {
			t.Errorf("%s: %v is not in the schema", path, v)
		}
		return
	}
	if !strings.Contains(typesOf(schema), typeOf(v)) {
		t.Errorf("%s is a %s, the schema wants %s", path, typeOf(v), typesOf(schema))
	}
	switch v := v.(type) {
	case map[string]any:
		for _, r := range asList(schema["required"]) {
			if v[r.(string)] == nil {
				t.Errorf("%s.%s is required", path, r)
			}
		}
		props, _ := schema["properties"].(map[string]any)
		for name, field := range v {
			sub, ok := props[name].(map[string]any)
			if !ok {
				t.Errorf("%s.%s is not in the schema", path, name)
				continue
			}
			fits(t, path+"."+name, field, sub)
		}
	case []any:
		for _, e := range v {
			fits(t, path+"[]", e, schema["items"].(map[string]any))
		}
	}
}

func asList(v any) []any { l, _ := v.([]any); return l }

func typesOf(schema map[string]any) string {
	b, _ := json.Marshal(schema["type"])
	return string(b)
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}
