package web

import (
	"html/template"
	"reflect"

	"aftersales/internal/web/compile"
)

// Folders are the folders of templates, as they are compiled.
func Folders() map[string]compile.Folder {
	operator := map[string]any{
		"calls.html": callsPage{}, "cases.html": casesPage{}, "fault.html": faultPage{}, "home.html": homePage{}, "lanes.html": lanesPage{},
		"order.html": orderPage{}, "orders.html": ordersList{}, "parked.html": parkedPage{}, "bar-alone": barPage{},
	}
	public := map[string]any{"answer.html": answerPage{}, "notice.html": notice{}, "unsubscribe.html": stopPage{}}
	out := map[string]compile.Folder{}
	for name, roots := range map[string]map[string]any{"operator": operator, "public": public} {
		out[name] = compile.Folder{Package: "web", From: "pages/" + name, Templates: Templates(name), Functions: functions, Roots: roots}
	}
	return out
}

// functions are what templates call.
var functions = map[string]compile.Function{
	"base":       {Go: "s.at", Value: func() string { return base }},
	"order":      {Go: "s.order", Value: (&sheet{base: base}).order},
	"css":        {Go: "css", Value: func(s css) css { return s }},
	"local":      {Go: "localTime", Value: localTime},
	"stamp":      {Go: "stampIn", Value: stampIn},
	"in":         {Go: "timeIn", Value: timeIn},
	"caseForms":  {Go: "formsOf", Value: formsOf},
	"plain":      {Go: "plain", Value: plain},
	"flow":       {Go: "flow", Value: flow},
	"zoneSource": {Go: "zoneSource", Value: zoneSource},
}

const base = "/console"

// Templates reads a folder's templates.
func Templates(folder string) *template.Template {
	calls := template.FuncMap{}
	for name, f := range functions {
		calls[name] = f.Value
	}
	calls["css"] = func(s css) template.CSS { return template.CSS(s) }
	return template.Must(template.New("").Funcs(calls).ParseGlob("pages/" + folder + "/*.html"))
}

// Written returns what the code writes for a page's data.
func Written(data any) string {
	s := sheet{base: base}
	s.put(data)
	return string(s.out)
}

// Frame gives a page what it stands in, which is not exported. page points to it.
func Frame(page reflect.Value, lanes, clock bool, word string) {
	style := &look{style: "a > b{content:\"<&\"}"}
	if f := page.Elem().FieldByName("desk"); f.IsValid() {
		o := &operator{look: style, c: OperatorConfig{Version: word}}
		if lanes {
			o.c.Lanes = &LaneControl{}
		}
		if clock {
			o.c.Clock = &ClockControl{}
		}
		(*desk)(f.Addr().UnsafePointer()).o = o
	}
	if f := page.Elem().FieldByName("frame"); f.IsValid() {
		d := (*frame)(f.Addr().UnsafePointer())
		d.look, d.T = style, &english
	}
}
