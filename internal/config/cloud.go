package config

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Function is one Lambda function of the AWS form, by the name of its folder.
type Function string

// The functions.
const (
	Intake   Function = "intake"
	Enroll   Function = "enroll"
	Sweep    Function = "sweep"
	Deliver  Function = "deliver"
	Outcome  Function = "outcome"
	Pages    Function = "pages"
	Console  Function = "console"
	Callflow Function = "callflow"
)

// Functions lists every function.
var Functions = [...]Function{Intake, Enroll, Sweep, Deliver, Outcome, Pages, Console, Callflow}

// The variables of the functions. None holds a secret: those are parameters
// under /aftersales/STACK/, by the names that the other form reads from its
// environment.
const (
	EnvStack            = "AFTERSALES_STACK"             // names the stack in logs, metrics and parameters
	EnvConfig           = "AFTERSALES_CONFIG"            // path of the configuration file, relative to the code; default shop/aftersales.yaml
	EnvBaseURL          = "AFTERSALES_BASE_URL"          // of customers' pages, for shops that state no public_url
	EnvJourneys         = "AFTERSALES_JOURNEYS_TABLE"    //
	EnvContacts         = "AFTERSALES_CONTACTS_TABLE"    //
	EnvInbox            = "AFTERSALES_INBOX_TABLE"       //
	EnvDueShards        = "AFTERSALES_DUE_SHARDS"        // how many shards of a lane rows are written to, 1 to 4
	EnvEnrollQueue      = "AFTERSALES_ENROLL_QUEUE"      // URL
	EnvDeliverQueue     = "AFTERSALES_DELIVER_QUEUE"     // URL
	EnvDeadQueue        = "AFTERSALES_DEAD_QUEUE"        // URL of the dead letter queue of the queue that the function reads
	EnvConfigurationSet = "AFTERSALES_CONFIGURATION_SET" // of SES
	EnvVoiceProvider    = "AFTERSALES_VOICE_PROVIDER"    // none (default) or connect
	EnvConnectInstance  = "AFTERSALES_CONNECT_INSTANCE"  // id or ARN; these three only with connect
	EnvConnectFlow      = "AFTERSALES_CONNECT_FLOW"      //
	EnvConnectNumber    = "AFTERSALES_CONNECT_NUMBER"    // calls come from it, E.164
	EnvConsoleURL       = "AFTERSALES_CONSOLE_URL"       // where operators' browsers reach /console, without the path
	EnvUserPoolIssuer   = "AFTERSALES_USER_POOL_ISSUER"  // URL
	EnvUserPoolClient   = "AFTERSALES_USER_POOL_CLIENT"  // id of a public client
	EnvLoginURL         = "AFTERSALES_LOGIN_URL"         // of the managed log-in, without a path

	// These Lambda sets itself; the last one only the AWS of one machine.
	envRoot     = "LAMBDA_TASK_ROOT" // the folder of the code
	envRegion   = "AWS_REGION"
	envKeyID    = "AWS_ACCESS_KEY_ID"
	envKey      = "AWS_SECRET_ACCESS_KEY"
	envToken    = "AWS_SESSION_TOKEN" //nolint:gosec // likewise
	envEndpoint = "AWS_ENDPOINT_URL"
)

// Voice providers.
const (
	NoVoice      = "none" // calls are tasks for people
	ConnectVoice = "connect"
)

// CloudNames lists the variables that a function reads. Those of the whole
// product come first; the ones of Connect are needed with that provider only.
func CloudNames(f Function) []string {
	names := []string{EnvStack, EnvConfig, EnvBaseURL, EnvJourneys, EnvContacts, EnvInbox, EnvDueShards}
	voice := []string{EnvVoiceProvider, EnvConnectInstance, EnvConnectFlow, EnvConnectNumber}
	switch f {
	case Intake:
		return append(names, EnvEnrollQueue)
	case Sweep:
		return append(append(names, EnvEnrollQueue, EnvDeliverQueue), EnvVoiceProvider)
	case Deliver:
		return append(append(names, EnvDeliverQueue, EnvDeadQueue, EnvConfigurationSet), voice...)
	case Outcome:
		return append(names, EnvDeliverQueue, EnvDeadQueue, EnvVoiceProvider, EnvConnectInstance)
	case Enroll:
		return append(names, EnvDeliverQueue, EnvDeadQueue)
	case Console:
		return append(names, EnvDeliverQueue, EnvConsoleURL, EnvUserPoolIssuer, EnvUserPoolClient, EnvLoginURL)
	default: // pages, callflow
		return append(names, EnvDeliverQueue)
	}
}

// Cloud is the environment of one function. Fields of variables that it does
// not read are zero.
type Cloud struct {
	Function Function
	Stack    string
	File     string // the configuration file, as it can be opened
	BaseURL  string

	Journeys, Contacts, Inbox string // tables
	DueShards                 int    // shards of a lane that rows are written to, 1 to 4; 0: not said
	EnrollQueue, DeliverQueue string // URLs
	DeadQueue                 string // URL
	ConfigurationSet          string
	Voice                     Voice
	Door                      Door
	AWS                       AWS
}

// AWS is how a function reaches AWS, as Lambda tells it.
type AWS struct {
	Region   string
	KeyID    string
	Key      Secret
	Token    Secret
	Endpoint string // URL of the AWS of one machine; "" the real one
}

// Voice says who makes calls.
type Voice struct {
	Provider               string // NoVoice or ConnectVoice
	Instance, Flow, Number string
}

// Door is where operators log in.
type Door struct {
	Console  string // URL without a path
	Issuer   string // URL, as log-in tokens state it
	Client   string
	LoginURL string
	Keys     string // URL of the keys that log-in tokens are signed with
}

// LoadCloud reads the environment of a function through getenv, as
// [os.LookupEnv] is; nil reads the process's own. An error is [Faults] that name
// every variable that is missing or wrong.
func LoadCloud(f Function, getenv func(string) (string, bool)) (*Cloud, error) {
	if getenv == nil {
		getenv = os.LookupEnv
	}
	e := cloudEnv{getenv: getenv, reads: map[string]bool{}}
	for _, name := range CloudNames(f) {
		e.reads[name] = true
	}
	c := &Cloud{
		Function: f, Stack: e.text(EnvStack), File: e.file(), BaseURL: e.url(EnvBaseURL),
		DueShards: e.number(EnvDueShards, 1, 4),
		Journeys:  e.text(EnvJourneys), Contacts: e.text(EnvContacts), Inbox: e.text(EnvInbox),
		EnrollQueue: e.url(EnvEnrollQueue), DeliverQueue: e.url(EnvDeliverQueue), DeadQueue: e.url(EnvDeadQueue),
		ConfigurationSet: e.text(EnvConfigurationSet), Voice: e.voice(),
		Door: e.door(), AWS: e.aws(),
	}
	if len(e.faults) > 0 {
		return nil, e.faults
	}
	return c, nil
}

// cloudEnv reads variables and notes what is wrong.
type cloudEnv struct {
	getenv func(string) (string, bool)
	reads  map[string]bool
	faults Faults
}

// text reads a variable that must be set, where the function reads it at all.
func (e *cloudEnv) text(name string) string {
	if !e.reads[name] {
		return ""
	}
	text, _ := e.getenv(name)
	if strings.TrimSpace(text) == "" {
		e.faults = append(e.faults, Fault{Name: name, Cause: "not set", Want: "what the template gives: deploy the stack anew"})
	}
	return strings.TrimSpace(text)
}

// number is text that is a whole number within bounds.
func (e *cloudEnv) number(name string, least, most int) int {
	text := e.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		e.faults = append(e.faults, Fault{Name: name, Value: text, Want: fmt.Sprintf("a whole number, %d to %d", least, most), Example: strconv.Itoa(least)})
		return 0
	}
	return n
}

// url is text that is an address; a slash at its end is dropped.
func (e *cloudEnv) url(name string) string {
	text := strings.TrimRight(e.text(name), "/")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		e.faults = append(e.faults, Fault{Name: name, Value: text, Want: "an address with https://", Example: "https://shop.example"})
	}
	return text
}

// aws reads how AWS is reached. Keys that are missing are told by the first
// request, in AWS's own words.
func (e *cloudEnv) aws() AWS {
	get := func(name string) string { text, _ := e.getenv(name); return text }
	a := AWS{Region: get(envRegion), KeyID: get(envKeyID), Key: Secret{get(envKey)}, Token: Secret{get(envToken)}, Endpoint: get(envEndpoint)}
	if a.Region == "" {
		e.faults = append(e.faults, Fault{Name: envRegion, Cause: "not set", Want: "the region of the stack", Example: "eu-central-1"})
	}
	return a
}

// file is where the configuration file is.
func (e *cloudEnv) file() string {
	name, _ := e.getenv(EnvConfig)
	if name == "" {
		name = filepath.Join("shop", FileName)
	}
	if filepath.IsAbs(name) {
		return name
	}
	root, _ := e.getenv(envRoot)
	return filepath.Join(root, name)
}

// door reads where operators log in. An AWS of one machine issues tokens in the
// name of the real one, but has pages and keys at its own address.
func (e *cloudEnv) door() Door {
	d := Door{Console: e.url(EnvConsoleURL), Issuer: e.url(EnvUserPoolIssuer), Client: e.text(EnvUserPoolClient), LoginURL: e.url(EnvLoginURL)}
	if d.Issuer == "" {
		return d
	}
	base := d.Issuer
	if local, _ := e.getenv(envEndpoint); local != "" {
		local = strings.TrimRight(local, "/")
		d.LoginURL, base = local, local+base[strings.LastIndexByte(base, '/'):]
	}
	d.Keys = base + "/.well-known/jwks.json"
	return d
}

func (e *cloudEnv) voice() Voice {
	v := Voice{Provider: NoVoice}
	if text, _ := e.getenv(EnvVoiceProvider); text != "" && e.reads[EnvVoiceProvider] {
		v.Provider = text
	}
	switch v.Provider {
	case NoVoice:
	case ConnectVoice:
		v.Instance, v.Flow, v.Number = e.text(EnvConnectInstance), e.text(EnvConnectFlow), e.text(EnvConnectNumber)
	default:
		e.faults = append(e.faults, Fault{Name: EnvVoiceProvider, Value: v.Provider, Want: "none or connect", Example: "none"})
	}
	return v
}

// LoadShop reads the configuration file of a deployment on AWS that is reached at
// base. Secrets are not looked for: they are parameters. Mail goes by SES whatever
// the file's channel is, and links of shops that state no public_url go to base.
// It is no method: functions with templates keep every method, and this one is the
// whole reader of YAML.
func LoadShop(file, base string) (*Config, error) {
	return load(file, func(string) (string, bool) { return "", false }, base)
}
