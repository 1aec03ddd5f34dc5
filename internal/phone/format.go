package phone

import "strings"

// International returns the number as people abroad read it: "+44 20 7946 0958", "+49 30 901820 ext. 12". A number that
// no format is known for is not grouped.
func (n Number) International() string {
	shown := n.National
	p := n.plan()
	if p == nil {
		return shown
	}
	for line := range strings.Lines(p.formats) {
		format := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		pattern, leading, replacement := format[0], format[1], format[2]
		if leading != "" && prefix(leading, n.National) == nil {
			continue
		}
		if whole := compiled("(?:" + pattern + ")$"); whole.MatchString(n.National) {
			shown = whole.ReplaceAllString(n.National, replacement)
			break
		}
	}
	if n.Extension != "" {
		shown += p.extension + n.Extension
	}
	return "+" + n.Code + " " + shown
}
