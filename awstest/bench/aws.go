package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// emptyAWS answers as an account in which nothing is stored: tables are empty,
// whatever is written is taken, every secret is set. It costs a function no more
// than a round trip.
func emptyAWS() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a client that went away reads no answer
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		answer := any(struct{}{})
		switch action {
		case "GetParameters", "GetParameter":
			answer = parameters(body)
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
