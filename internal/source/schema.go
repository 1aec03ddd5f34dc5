package source

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// Schema returns the JSON Schema (2020-12) of the generic event, indented. It
// is made from the types that read the event, so it cannot say anything else.
func Schema() []byte {
	root := eventLayout().schema()
	delete(root["properties"].(map[string]any), "data_base64")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Aftersales event"
	root["description"] = "CloudEvents 1.0 in structured JSON. Absent, null and \"\" mean the same, but null is no array; unknown fields are passed over. " +
		"Times are RFC 3339; without an offset the shop's zone is meant."
	root["required"] = []string{"specversion", "id", "source", "type", "data"}
	of(root, "shop")["type"] = []string{"string", "null"} // which the reader of a bus holds it to
	of(root, "specversion")["const"] = "1.0"
	of(root, "type")["enum"] = strings.Split(typeNames(), ", ")
	delete(of(root, "type"), "type")
	root["allOf"] = conditions()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(err) // maps, strings and numbers: cannot happen
	}
	return b.Bytes()
}

// of returns the schema of a field of an object.
func of(object map[string]any, name string) map[string]any {
	return object["properties"].(map[string]any)[name].(map[string]any)
}

// conditions says what each type needs in data.
func conditions() []any {
	var order, unit []string
	needs := map[string][]string{}
	for _, k := range kinds {
		list := &order
		if k.unit {
			list = &unit
		}
		*list = append(*list, string(k.typ))
		if k.needs != "" {
			needs[string(k.typ)] = strings.Split(k.needs, ", ")
		}
	}
	all := []any{when(order, "order"), when(unit, "unit")}
	for _, k := range kinds {
		if n := needs[string(k.typ)]; n != nil {
			all = append(all, when([]string{string(k.typ)}, n...))
		}
	}
	return all
}

// when requires fields of data for some types.
func when(types []string, fields ...string) map[string]any {
	return map[string]any{
		"if":   map[string]any{"properties": map[string]any{"type": map[string]any{"enum": types}}},
		"then": map[string]any{"properties": map[string]any{"data": map[string]any{"required": fields}}},
	}
}

// schema describes what the layout reads.
func (l *layout) schema() map[string]any {
	switch {
	case l.leaf:
		return leafSchema(l.typ)
	case l.pointer:
		return l.elem.schema()
	case l.elem != nil:
		return map[string]any{"type": "array", "maxItems": maxItems, "items": l.elem.schema()}
	}
	props := map[string]any{}
	for _, f := range l.fields {
		s := f.layout.schema()
		s["description"] = f.about
		props[f.name] = s
	}
	out := map[string]any{"type": []string{"object", "null"}, "properties": props}
	switch l.typ {
	case reflect.TypeFor[genericEvent](), reflect.TypeFor[genericData]():
		out["type"] = "object"
	case reflect.TypeFor[genericOrder](), reflect.TypeFor[genericLine](), reflect.TypeFor[genericPart]():
		out["required"] = []string{"id"}
	case reflect.TypeFor[genericConsent]():
		out["required"] = []string{"purpose", "channel", "given"}
	case reflect.TypeFor[genericCover]():
		out["required"] = []string{"name", "from", "until"}
	}
	return out
}

// leafSchema describes a leaf.
func leafSchema(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[ident](), reflect.TypeFor[eventID](), reflect.TypeFor[serial]():
		return map[string]any{"type": []string{"string", "integer", "null"}, "maxLength": maxID}
	case reflect.TypeFor[amount]():
		return map[string]any{"type": []string{"string", "number", "null"}, "pattern": `^(-?[0-9]{1,15}(\.[0-9]+)?)?$`}
	case reflect.TypeFor[quantity](), reflect.TypeFor[index]():
		return map[string]any{"type": []string{"integer", "null"}, "minimum": 1, "maximum": maxQuantity}
	case reflect.TypeFor[flag]():
		return map[string]any{"type": []string{"boolean", "null"}}
	case reflect.TypeFor[words]():
		return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	case reflect.TypeFor[moment]():
		return map[string]any{"type": []string{"string", "null"}, "examples": []string{"2026-03-02T09:15:00+01:00", "2026-03-02"}}
	default: // text, and what is not read
		return map[string]any{"type": []string{"string", "number", "null"}}
	}
}
