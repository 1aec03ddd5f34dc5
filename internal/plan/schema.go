package plan

import (
	"encoding/json"
)

// Schema is the JSON Schema (draft 2020-12) of a plan file, made of the tables
// that the parser reads, so that editors complete and check what it accepts.
// The linter knows more than a schema can say.
func Schema() []byte { return schemaFile(planShape, "Aftersales plan") }

// CatalogueSchema is the JSON Schema of a catalogue, products.yaml.
func CatalogueSchema() []byte { return schemaFile(catalogueShape, "Aftersales catalogue") }

func schemaFile(s *shape, title string) []byte {
	m := s.schema()
	m["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	m["title"] = title
	out, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic("plan: schema: " + err.Error()) // made of strings, numbers and lists of them: cannot fail
	}
	return append(out, '\n')
}

func (s *shape) schema() map[string]any {
	switch {
	case s.scalar != nil:
		return s.scalar.schema()
	case s.words != nil:
		return map[string]any{"type": "string", "enum": s.words}
	case s.item != nil:
		return s.listSchema()
	case s.instead != nil:
		return map[string]any{"anyOf": []any{map[string]any{"type": "string", "enum": s.instead}, s.mapSchema()}}
	default:
		return s.mapSchema()
	}
}

func (s *scalar) schema() map[string]any {
	m := map[string]any{"type": s.json}
	if s.pattern != "" {
		m["pattern"] = s.pattern
	}
	if s.json == "integer" {
		m["minimum"], m["maximum"] = 1, s.most
	}
	return m
}

func (s *shape) listSchema() map[string]any {
	m := map[string]any{"type": "array", "items": s.item.schema()}
	if s.least > 0 {
		m["minItems"] = s.least
	}
	if s.most > 0 {
		m["maxItems"] = s.most
	}
	if s.single {
		return map[string]any{"anyOf": []any{s.item.schema(), m}}
	}
	return m
}

func (s *shape) mapSchema() map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range s.fields {
		p := f.shape.schema()
		p["description"] = f.doc
		properties[f.key] = p
		if f.required {
			required = append(required, f.key)
		}
	}
	m := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if s.rest != nil {
		m["additionalProperties"] = s.rest.schema()
		m["propertyNames"] = map[string]any{"pattern": s.named.pattern}
	}
	if len(required) > 0 {
		m["required"] = required
	}
	if len(s.holds) > 0 {
		var one []any
		for _, key := range s.holds {
			one = append(one, map[string]any{"required": []string{key}})
		}
		m["oneOf"] = one
	}
	return m
}
