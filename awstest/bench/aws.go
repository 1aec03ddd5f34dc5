package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// emptyAWS answers as an account of a shop that has no orders yet: whatever is
// written is taken, records are found again, as those of the plans by the second
// start; every secret is set. It costs a function no more than a round trip.
func emptyAWS() *httptest.Server {
	var kept records
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a client that went away reads no answer
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		answer := any(struct{}{})
		switch action {
		case "GetParameters", "GetParameter":
			answer = parameters(body)
		case "PutItem":
			kept.put(body)
		case "GetItem":
			answer = kept.get(body)
		case "BatchGetItem":
			answer = kept.batch(body)
		case "Query", "Scan":
			answer = map[string]any{"Items": []any{}, "Count": 0, "ScannedCount": 0}
		case "":
			if strings.HasSuffix(r.URL.Path, "/account") {
				answer = map[string]any{"SendingEnabled": true, "SendQuota": map[string]any{"Max24HourSend": 50_000, "MaxSendRate": 14, "SentLast24Hours": 0}}
			}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_ = json.NewEncoder(w).Encode(answer)
	}))
}

// records are items by table and keys.
type records struct{ sync.Map }

type attributes = map[string]map[string]any

func place(table string, of attributes) string {
	return fmt.Sprint(table, of["pk"], of["sk"])
}

func (r *records) put(body []byte) {
	var in struct {
		TableName string
		Item      attributes
	}
	_ = json.Unmarshal(body, &in) // ours are well-formed
	r.Store(place(in.TableName, in.Item), in.Item)
}

func (r *records) get(body []byte) any {
	var in struct {
		TableName string
		Key       attributes
	}
	_ = json.Unmarshal(body, &in) // ours are well-formed
	item, ok := r.Load(place(in.TableName, in.Key))
	if !ok {
		return struct{}{}
	}
	return map[string]any{"Item": item}
}

func (r *records) batch(body []byte) any {
	var in struct {
		RequestItems map[string]struct{ Keys []attributes }
	}
	_ = json.Unmarshal(body, &in) // ours are well-formed
	found := map[string][]any{}
	for table, ask := range in.RequestItems {
		found[table] = []any{}
		for _, key := range ask.Keys {
			if item, ok := r.Load(place(table, key)); ok {
				found[table] = append(found[table], item)
			}
		}
	}
	return map[string]any{"Responses": found, "UnprocessedKeys": map[string]any{}}
}

// parameters gives every parameter asked for one long value.
func parameters(body []byte) any {
	var in struct {
		Name  string
		Names []string
	}
	_ = json.Unmarshal(body, &in) // ours are well-formed
	value := func(name string) map[string]any {
		return map[string]any{"Name": name, "Type": "SecureString", "Value": strings.Repeat("k", 48), "Version": 1}
	}
	if in.Name != "" {
		return map[string]any{"Parameter": value(in.Name)}
	}
	out := []any{}
	for _, name := range in.Names {
		out = append(out, value(name))
	}
	return map[string]any{"Parameters": out, "InvalidParameters": []string{}}
}
