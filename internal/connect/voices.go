package connect

import "strings"

// voice is one of Amazon Polly's, and what it says after a key was pressed.
type voice struct{ name, engine, thanks string }

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
	"ar":    {"Zeina", standard, "شكرًا لكم. مع السلامة."},
	"ar-ae": {"Hala", neural, "شكرًا لكم. مع السلامة."},
	"ca":    {"Arlet", neural, "Gràcies. Adéu."},
	"cs":    {"Jitka", neural, "Děkujeme. Na shledanou."},
	"cy":    {"Gwyneth", standard, "Diolch. Hwyl fawr."},
	"da":    {"Naja", standard, "Tak. Farvel."},
	"de":    {"Vicki", standard, "Vielen Dank. Auf Wiederhören."},
	"de-at": {"Hannah", neural, "Vielen Dank. Auf Wiederhören."},
	"de-ch": {"Sabrina", neural, "Vielen Dank. Auf Wiederhören."},
	"en":    {"Joanna", standard, "Thank you. Goodbye."},
	"en-au": {"Nicole", standard, "Thank you. Goodbye."},
	"en-gb": {"Amy", standard, "Thank you. Goodbye."},
	"en-ie": {"Niamh", neural, "Thank you. Goodbye."},
	"en-in": {"Raveena", standard, "Thank you. Goodbye."},
	"en-nz": {"Aria", neural, "Thank you. Goodbye."},
	"en-sg": {"Jasmine", neural, "Thank you. Goodbye."},
	"en-za": {"Ayanda", neural, "Thank you. Goodbye."},
	"es":    {"Lucia", standard, "Gracias. Adiós."},
	"es-mx": {"Mia", standard, "Gracias. Adiós."},
	"es-us": {"Lupe", standard, "Gracias. Adiós."},
	"fi":    {"Suvi", neural, "Kiitos. Näkemiin."},
	"fr":    {"Celine", standard, "Merci. Au revoir."},
	"fr-be": {"Isabelle", neural, "Merci. Au revoir."},
	"fr-ca": {"Chantal", standard, "Merci. Au revoir."},
	"hi":    {"Aditi", standard, "धन्यवाद। नमस्ते।"},
	"is":    {"Dora", standard, "Takk fyrir. Bless."},
	"it":    {"Carla", standard, "Grazie. Arrivederci."},
	"ja":    {"Mizuki", standard, "ありがとうございました。失礼いたします。"},
	"ko":    {"Seoyeon", standard, "감사합니다. 안녕히 계세요."},
	"nb":    {"Liv", standard, "Takk. Ha det bra."},
	"nl":    {"Lotte", standard, "Dank u wel. Tot ziens."},
	"nl-be": {"Lisa", neural, "Dank u wel. Tot ziens."},
	"no":    {"Liv", standard, "Takk. Ha det bra."},
	"pl":    {"Ewa", standard, "Dziękujemy. Do widzenia."},
	"pt":    {"Ines", standard, "Obrigado. Até breve."},
	"pt-br": {"Camila", standard, "Obrigado. Até breve."},
	"ro":    {"Carmen", standard, "Vă mulțumim. La revedere."},
	"ru":    {"Tatyana", standard, "Спасибо. До свидания."},
	"sv":    {"Astrid", standard, "Tack. Hej då."},
	"tr":    {"Filiz", standard, "Teşekkür ederiz. Hoşça kalın."},
	"yue":   {"Hiujin", neural, "多謝。再見。"},
	"zh":    {"Zhiyu", standard, "谢谢。再见。"},
	"zh-hk": {"Hiujin", neural, "多謝。再見。"},
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
