package config

import (
	"fmt"
	"slices"
	"strings"
)

// Unread warns of variables that are named as if they were for this program and
// that it does not read, such as the secret of a shop that the file does not
// have. environ is as [os.Environ] gives it; what is in the variables is not
// looked at, but for empty ones, which count as not set.
func (c *Config) Unread(environ []string) []string {
	known := []string{envPassword, envLinkKey, envLinkKey + "_OLD"}
	shops := make([]string, len(c.Shops))
	for i, s := range c.Shops {
		shops[i] = string(s.ID)
		for _, source := range Sources {
			known = append(known, SecretName(source, s.ID), SecretName(source, s.ID)+"_NEXT")
		}
	}
	lower := make([]string, len(known))
	for i, name := range known {
		lower[i] = strings.ToLower(name)
	}
	var out []string
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "AFTERSALES_") || value == "" || slices.Contains(known, name) {
			continue
		}
		mend := ""
		if near := suggest(name, lower); near != "" {
			mend = "; did you mean " + strings.ToUpper(near) + "?"
		} else if strings.Contains(name, "_SECRET_") {
			mend = fmt.Sprintf("; secrets are AFTERSALES_<SOURCE>_SECRET_<SHOP>, sources are %s, shops are %s", strings.Join(Sources[:], ", "), strings.Join(shops, ", "))
		}
		out = append(out, strings.Map(plain, fmt.Sprintf("%s: is set, but nothing reads it%s", name, mend)))
	}
	slices.Sort(out)
	return out
}
