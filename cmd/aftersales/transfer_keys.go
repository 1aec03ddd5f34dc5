package main

import "strings"

// keysOfFolder says which keys the other side needs, and where they are. Customers'
// ids hang on link.key; links are signed with it, too, unless the environment of
// serve has another key. No key is shown.
func (s *shell) keysOfFolder() {
	const set = "aftersales secrets set "
	onto := " --stack NAME"
	s.printf("The other side must know customers by the same key, link.key in the data folder: copy it into the new folder's, or set it in a stack:\n"+
		"  %s%s%s < link.key\n", set, contactKey, onto)
	signs, retired := s.signing()
	if signs == "" {
		s.printf("Links are signed with it, too; so that they go on working, in a stack:\n  %s%s%s < link.key\n"+
			"unless serve runs with %s in its environment, which this command does not: then links are signed with that one.\n"+
			"Set it instead, and link.key as %s; a new folder's serve needs it as this one's.\n", set, linkKey, onto, linkKey, linkKeyOld)
		return
	}
	s.printf("Links are signed with %s of the environment: a new folder's serve needs the same variables; so that links go on working, in a stack:\n"+
		"  printf %%s \"%s\" | %s%s%s\n  printf %%s \"%s\" | %s%s%s\n", linkKey, signs, set, linkKey, onto, retired, set, linkKeyOld, onto)
}

// signing returns how a command line says the key that links are signed with, and
// the others that open them; "" is link.key.
func (s *shell) signing() (signs, retired string) {
	current, _ := s.getenv(linkKey)
	old, _ := s.getenv(linkKeyOld)
	const own = "$(cat link.key)"
	switch {
	case strings.TrimSpace(current+old) == "":
		return "", ""
	case current == "": // the first of the retired ones signs
		return "${" + linkKeyOld + "%%,*}", "$" + linkKeyOld + "," + own
	case old == "":
		return "$" + linkKey, own
	}
	return "$" + linkKey, "$" + linkKeyOld + "," + own
}
