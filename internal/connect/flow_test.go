package connect_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// action is one step of a flow, in the language of Amazon Connect of 2019-10-30.
type action struct {
	Identifier, Type string
	Parameters       map[string]any
	Transitions      struct {
		NextAction string
		Errors     []struct{ NextAction, ErrorType string }
		Conditions []struct {
			NextAction string
			Condition  struct {
				Operator string
				Operands []string
			}
		}
	}
}

type flow struct {
	Version, StartAction string
	Actions              []action
}

func readFlow(t *testing.T) (f flow, raw []byte) {
	t.Helper()
	raw, err := os.ReadFile("../../infra/callflow.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f, raw
}

func (f *flow) action(t *testing.T, id string) *action {
	t.Helper()
	i := slices.IndexFunc(f.Actions, func(a action) bool { return a.Identifier == id })
	if i < 0 {
		t.Fatalf("no action %q", id)
	}
	return &f.Actions[i]
}

// telephone is a customer's end of a call: what is heard, and keys to press.
type telephone struct {
	attributes map[string]string
	keys       []string // one for each question; "" none
	broken     bool     // the function fails
	log        []string
}

func (p *telephone) value(v any) string {
	s, _ := v.(string)
	if name, ok := strings.CutPrefix(s, "$.Attributes."); ok {
		return p.attributes[name]
	}
	return s
}

// step returns what follows an action: an error, a condition, or the next one.
func (p *telephone) step(t *testing.T, a *action) string {
	t.Helper()
	switch a.Type {
	case "Compare":
		return choose(a, p.value(a.Parameters["ComparisonValue"]), "NoMatchingCondition")
	case "UpdateContactTextToSpeechVoice":
		p.log = append(p.log, "voice "+p.value(a.Parameters["TextToSpeechVoice"])+" "+p.value(a.Parameters["TextToSpeechEngine"]))
	case "GetParticipantInput":
		if media, ok := a.Parameters["Media"].(map[string]any); ok {
			p.log = append(p.log, "play "+p.value(media["Uri"]))
		} else {
			p.log = append(p.log, "say "+p.value(a.Parameters["Text"]))
		}
		key := p.keys[0]
		p.keys = p.keys[1:]
		if key == "" {
			return fail(t, a, "InputTimeLimitExceeded")
		}
		return choose(a, key, "NoMatchingCondition")
	case "UpdateContactAttributes":
		for name, v := range a.Parameters["Attributes"].(map[string]any) {
			p.attributes[name] = p.value(v)
		}
	case "InvokeLambdaFunction":
		if p.broken {
			return fail(t, a, "NoMatchingError")
		}
		p.log = append(p.log, "tell "+p.value(a.Parameters["LambdaInvocationAttributes"].(map[string]any)["key"]))
	case "MessageParticipant":
		p.log = append(p.log, "say "+p.value(a.Parameters["Text"]))
	default:
		t.Fatalf("action %s of type %s", a.Identifier, a.Type)
	}
	return a.Transitions.NextAction
}

func choose(a *action, value, otherwise string) string {
	for _, c := range a.Transitions.Conditions {
		if c.Condition.Operator == "Equals" && slices.Contains(c.Condition.Operands, value) {
			return c.NextAction
		}
	}
	for _, e := range a.Transitions.Errors {
		if e.ErrorType == otherwise {
			return e.NextAction
		}
	}
	return "missing"
}

func fail(t *testing.T, a *action, kind string) string {
	t.Helper()
	for _, e := range a.Transitions.Errors {
		if e.ErrorType == kind {
			return e.NextAction
		}
	}
	t.Fatalf("action %s does not say what follows %s", a.Identifier, kind)
	return ""
}

// run plays a call to its end.
func (p *telephone) run(t *testing.T, f *flow) {
	t.Helper()
	id := f.StartAction
	for range 50 {
		a := f.action(t, id)
		if a.Type == "DisconnectParticipant" {
			return
		}
		id = p.step(t, a)
	}
	t.Fatal("the call never ends")
}

// attributesOf are those that a call is started with.
func attributesOf(t *testing.T, language, recording string) map[string]string {
	t.Helper()
	c := newCentre(t)
	m := message()
	m.Language, m.Recording = language, recording
	if _, err := c.channel().Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return c.rung()[0].Attributes
}

func TestTheFlow(t *testing.T) {
	f, _ := readFlow(t)
	text, thanks := message().Spoken, "Vielen Dank. Auf Wiederhören."
	for name, c := range map[string]struct {
		recording string
		keys      []string
		broken    bool
		want      []string
		key       string // noted on the contact
	}{
		"works":               {"", []string{"1"}, false, []string{"voice Vicki standard", "say " + text, "tell 1", "say " + thanks}, "1"},
		"problem, at last":    {"", []string{"", "2"}, false, []string{"voice Vicki standard", "say " + text, "say " + text, "tell 2", "say " + thanks}, "2"},
		"another key first":   {"", []string{"9", "3"}, false, []string{"voice Vicki standard", "say " + text, "say " + text, "tell 3", "say " + thanks}, "3"},
		"no key":              {"", []string{"", ""}, false, []string{"voice Vicki standard", "say " + text, "say " + text, "tell none"}, ""},
		"the function fails":  {"", []string{"2"}, true, []string{"voice Vicki standard", "say " + text, "say " + thanks}, "2"},
		"a recording":         {"s3://shop/de.wav", []string{"1"}, false, []string{"play s3://shop/de.wav", "tell 1"}, "1"},
		"a recording, no key": {"s3://shop/de.wav", []string{"", ""}, false, []string{"play s3://shop/de.wav", "play s3://shop/de.wav", "tell none"}, ""},
	} {
		p := &telephone{attributes: attributesOf(t, "de", c.recording), keys: c.keys, broken: c.broken}
		p.run(t, &f)
		if !slices.Equal(p.log, c.want) || p.attributes["key"] != c.key {
			t.Errorf("%s:\n got %q, key %q\nwant %q, key %q", name, p.log, p.attributes["key"], c.want, c.key)
		}
	}
}

// What Connect refuses when a flow is made: unknown actions, and errors that are
// not looked after.
func TestTheFlowIsWhole(t *testing.T) {
	f, raw := readFlow(t)
	needs := map[string][]string{
		"Compare": {"NoMatchingCondition"}, "GetParticipantInput": {"InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"},
		"UpdateContactTextToSpeechVoice": {"NoMatchingError"}, "UpdateContactAttributes": {"NoMatchingError"}, "InvokeLambdaFunction": {"NoMatchingError"},
		"MessageParticipant": {"NoMatchingError"}, "DisconnectParticipant": nil,
	}
	if f.Version != "2019-10-30" {
		t.Errorf("version %s", f.Version)
	}
	reached := map[string]bool{f.StartAction: true}
	for _, a := range f.Actions {
		var kinds []string
		for _, e := range a.Transitions.Errors {
			kinds = append(kinds, e.ErrorType)
			reached[f.action(t, e.NextAction).Identifier] = true
		}
		for _, c := range a.Transitions.Conditions {
			reached[f.action(t, c.NextAction).Identifier] = true
		}
		if a.Type != "DisconnectParticipant" {
			reached[f.action(t, a.Transitions.NextAction).Identifier] = true
		}
		want, known := needs[a.Type]
		slices.Sort(kinds)
		if !known || !slices.Equal(kinds, want) {
			t.Errorf("action %s of type %s looks after %v, want %v", a.Identifier, a.Type, kinds, want)
		}
	}
	for _, a := range f.Actions {
		if !reached[a.Identifier] {
			t.Errorf("nothing leads to %s", a.Identifier)
		}
	}
	if n := strings.Count(string(raw), "${"); n != strings.Count(string(raw), `"${FunctionArn}"`) {
		t.Errorf("%d things are filled in, want the function only", n)
	}
}

func TestTheTemplateHasTheFlow(t *testing.T) {
	raw, err := os.ReadFile("../../infra/voice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, content, found := strings.Cut(string(raw), "Content: !Sub |\n")
	content, _, ended := strings.Cut(content, "\nOutputs:")
	if !found || !ended {
		t.Fatal("voice.yaml has no flow where one is looked for")
	}
	var got, want any
	_, file := readFlow(t)
	if err := json.Unmarshal([]byte(content), &got); err != nil {
		t.Fatalf("the flow in the template is not JSON: %v", err)
	}
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("voice.yaml and callflow.json differ: copy callflow.json into Content")
	}
}
