package connect

import "strings"

// voice is one of Amazon Polly's.
type voice struct{ name, engine string }

const (
	standard = "standard" // in every region
	neural   = "neural"   // where a language has no other
)

// voices has one voice for each language that Amazon Polly speaks, by lower-case
// BCP 47 tag. Source: Amazon Polly Developer Guide, "Available voices", with the
// languages of the service's API of 2026. There is none for Persian (fa), Urdu
// (ur), Greek (el), Hungarian (hu), Ukrainian (uk) and many others: their calls
// need a recording, or a person.
var voices = map[string]voice{
	"ar":    {"Zeina", standard},
	"ar-ae": {"Hala", neural},
	"ca":    {"Arlet", neural},
	"cs":    {"Jitka", neural},
	"cy":    {"Gwyneth", standard},
	"da":    {"Naja", standard},
	"de":    {"Vicki", standard},
	"de-at": {"Hannah", neural},
	"de-ch": {"Sabrina", neural},
	"en":    {"Joanna", standard},
	"en-au": {"Nicole", standard},
	"en-gb": {"Amy", standard},
	"en-ie": {"Niamh", neural},
	"en-in": {"Raveena", standard},
	"en-nz": {"Aria", neural},
	"en-sg": {"Jasmine", neural},
	"en-za": {"Ayanda", neural},
	"es":    {"Lucia", standard},
	"es-mx": {"Mia", standard},
	"es-us": {"Lupe", standard},
	"fi":    {"Suvi", neural},
	"fr":    {"Celine", standard},
	"fr-be": {"Isabelle", neural},
	"fr-ca": {"Chantal", standard},
	"hi":    {"Aditi", standard},
	"is":    {"Dora", standard},
	"it":    {"Carla", standard},
	"ja":    {"Mizuki", standard},
	"ko":    {"Seoyeon", standard},
	"nb":    {"Liv", standard},
	"nl":    {"Lotte", standard},
	"nl-be": {"Lisa", neural},
	"no":    {"Liv", standard},
	"pl":    {"Ewa", standard},
	"pt":    {"Ines", standard},
	"pt-br": {"Camila", standard},
	"ro":    {"Carmen", standard},
	"ru":    {"Tatyana", standard},
	"sv":    {"Astrid", standard},
	"tr":    {"Filiz", standard},
	"yue":   {"Hiujin", neural},
	"zh":    {"Zhiyu", standard},
	"zh-hk": {"Hiujin", neural},
}

// voiceOf returns the voice of a language: that of its country, else the
// language's own.
func voiceOf(language string) (voice, bool) {
	tag := strings.ToLower(strings.ReplaceAll(language, "_", "-"))
	for tag != "" {
		if v, ok := voices[tag]; ok {
			return v, true
		}
		end := strings.LastIndexByte(tag, '-')
		tag = tag[:max(end, 0)]
	}
	return voice{}, false
}
