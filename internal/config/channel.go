package config

// The adapters that the configuration can choose.
const (
	Mailbox  = "mailbox"  // mails are kept and shown, none leaves
	SMTP     = "smtp"     // mails go to a mail server
	CallList = "calllist" // calls are tasks for people
)

// Email says how mails are sent.
type Email struct {
	Channel     string  // Mailbox or SMTP
	Rate        float64 // messages per second at most; 0 no limit, which is the mailbox's default; SMTP's is 10
	Concurrency int     // SMTP: messages at the same time, 1 to 64; default 4
	SMTP        SMTPServer
}

// SMTPServer is the mail server of channel smtp; zero with any other.
type SMTPServer struct {
	Host     string
	Port     int    // default 587 for starttls, 465 for implicit, 25 for none
	Username string // "" no log-in
	Password Secret // from the environment
	TLS      string // starttls (default), implicit or none
	Helo     string // name this machine gives itself; "" localhost
}

// Call says how calls are made.
type Call struct {
	Channel string // CallList
}

// ports are the usual port of each kind of TLS.
var ports = map[string]int{"starttls": 587, "implicit": 465, "none": 25}

func (l *loader) email(n node) Email {
	f := l.fields(n, "channel", "rate", "concurrency", "smtp")
	e := Email{Channel: optional(f, "channel", Mailbox, word(Mailbox, SMTP))}
	rate := 0.0
	if e.Channel == SMTP {
		rate = 10
	}
	e.Rate = optional(f, "rate", rate, perSecond)
	e.Concurrency = optional(f, "concurrency", 4, number(1, 64, "4"))
	server := l.smtp(f.get("smtp"), e.Channel == SMTP && l.base == "")
	if e.Channel == SMTP {
		e.SMTP = server
	}
	return e
}

// smtp reads the mail server. While it is not in use only what is written
// is checked, and nothing has to be there.
func (l *loader) smtp(n node, inUse bool) SMTPServer {
	f := l.fields(n, "host", "port", "username", "tls", "helo")
	var s SMTPServer
	if inUse {
		s.Host = required(f, "host", hostName)
	} else {
		s.Host = optional(f, "host", "", hostName)
	}
	s.TLS = optional(f, "tls", "starttls", word("starttls", "implicit", "none"))
	s.Port = optional(f, "port", ports[s.TLS], number(1, 65535, "587"))
	s.Username = optional(f, "username", "", lineText)
	s.Helo = optional(f, "helo", "", hostName)
	if !inUse || s.Username == "" {
		return s
	}
	s.Password = l.env.secret(envPassword, rule[string]{})
	if text, _ := l.env.getenv(envPassword); text == "" {
		l.env.fault(envPassword, "not set", "the password of the username in "+f.get("username").path, "")
	}
	if s.TLS == "none" && s.Host != "" && !loopback(s.Host) {
		l.fault(f.get("tls"), s.TLS, "starttls or implicit: a password would cross the network in the clear", "starttls")
	}
	return s
}

func (l *loader) call(n node) Call {
	f := l.fields(n, "channel")
	return Call{Channel: optional(f, "channel", CallList, word(CallList))}
}
