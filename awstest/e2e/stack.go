package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/logging"

	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
)

// shop is the only shop of the test.
const shop followup.ShopID = "main"

// stack is what was deployed.
type stack struct {
	web    *http.Client // follows no redirects
	api    string       // URL
	store  *dynamo.Store
	tables dynamo.Tables
	db     *dynamodb.Client
	sqs    *sqs.Client
	events *eventbridge.Client
	wire   *wire

	page   string            // of the customer who was written to
	keys   map[string]string // cookies of the operator's browser
	moving *moving           // the demo that moves in
}

// output is an output of the stack, or what scripts/aws-local made for it.
func output(name string) string { return os.Getenv("AFTERSALES_LOCAL_" + name) }

func open(ctx context.Context) (*stack, error) {
	if output("ApiUrl") == "" {
		return nil, fmt.Errorf("no stack: run `make aws-local-test`")
	}
	shared, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(logging.Nop{})) // it complains of answers that were cut short by us
	if err != nil {
		return nil, err
	}
	s := &stack{
		api: output("ApiUrl"), db: dynamodb.NewFromConfig(shared), sqs: sqs.NewFromConfig(shared), events: eventbridge.NewFromConfig(shared),
		keys: map[string]string{},
	}
	s.use(dynamo.Tables{Journeys: output("JourneysTable"), Contacts: output("ContactsTable"), Inbox: output("InboxTable")})
	s.web = &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: here},
	}
	s.wire, err = listen(os.Getenv("FUNCTIONS_ENDPOINT"), output("Address"))
	return s, err
}

// use works with other tables from now on.
func (s *stack) use(tables dynamo.Tables) {
	s.tables = tables
	s.store = dynamo.New(s.db, tables, dynamo.Config{Shops: []followup.ShopID{shop}, Clock: time.Now})
}

// here connects to this machine whatever name.localhost is asked for; not every resolver knows them.
func here(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// journey reads the journey of an order.
func (s *stack) journey(ctx context.Context, order string) (*followup.Journey, error) {
	js, err := s.store.Journeys(ctx, []followup.JourneyID{followup.NewJourneyID(shop, order)})
	if err != nil {
		return nil, err
	}
	if js[0].Version == 0 {
		return nil, fmt.Errorf("order %s has no journey", order)
	}
	return &js[0], nil
}

// row reads one step of an order.
func (s *stack) row(ctx context.Context, order, step string) (*followup.FollowUp, error) {
	j, err := s.journey(ctx, order)
	if err != nil {
		return nil, err
	}
	for i := range j.Rows {
		if j.Rows[i].Step == step {
			return &j.Rows[i], nil
		}
	}
	return nil, fmt.Errorf("order %s has no %s", order, step)
}

// reaches waits until a step of an order is in a state.
func (s *stack) reaches(ctx context.Context, limit time.Duration, order, step string, want followup.State) (*followup.FollowUp, error) {
	var last *followup.FollowUp
	err := until(ctx, limit, func() (err error) {
		if last, err = s.row(ctx, order, step); err == nil && last.State != want {
			err = fmt.Errorf("order %s: %s is %s, want %s", order, step, last.State, want)
		}
		return err
	})
	return last, err
}

// close stops listening and removes what was moved.
func (s *stack) close() {
	s.wire.Close()
	if s.moving != nil {
		_ = os.RemoveAll(s.moving.dir) // in the checkout's own folder for such
	}
}

// send puts a message on a queue.
func (s *stack) send(ctx context.Context, queue, body string) error {
	_, err := s.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(output(queue)), MessageBody: &body})
	return err
}

// answerOf does a request as a browser with the operator's cookies does.
func (s *stack) answerOf(ctx context.Context, method, address string, form url.Values) (*http.Response, error) {
	var body *strings.Reader
	if body = strings.NewReader(""); form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", s.api)
	}
	// The cookies are Secure, and this machine's API speaks plain HTTP: a browser makes an exception for localhost, a jar does not.
	for name, value := range s.keys {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	out, err := s.web.Do(r)
	if err != nil {
		return nil, err
	}
	for _, c := range out.Cookies() {
		s.keys[c.Name] = c.Value
	}
	return out, nil
}
