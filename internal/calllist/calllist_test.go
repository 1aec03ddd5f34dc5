package calllist_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"aftersales/internal/calllist"
	"aftersales/internal/followup"
	"aftersales/internal/followup/channeltest"
)

func TestChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{
		New:     newBench,
		CanFind: false, // only the person knows whether they dialled
		CanTell: true,
		Writes:  false, // there are no headers
		Never:   []followup.Failure{followup.NotAccepted, followup.Account},
	})
}

// desk counts what it is given, and can fail after it was seen.
type desk struct {
	calllist.Memory
	mu    sync.Mutex
	calls int
	fail  bool
}

func (d *desk) Show(ctx context.Context, m followup.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	err := d.Memory.Show(ctx, m)
	if d.fail {
		d.fail = false
		return errors.New("write: broken pipe")
	}
	return err
}

func call() followup.Message {
	return followup.Message{
		To: followup.Address{Name: "Zoë Ångström"}, Phone: "+4915112345678", Class: followup.Feedback,
		Subject: "Check-in call", Text: "Ask Zoë how the washing machine is working.",
	}
}

func newBench(*testing.T) channeltest.Bench {
	d := &desk{}
	return channeltest.Bench{
		Channel: calllist.New(d),
		Message: call(),
		Calls: func() int {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.calls
		},
		Accepted: func() []channeltest.Accepted {
			var all []channeltest.Accepted
			for _, m := range d.Shown() {
				all = append(all, channeltest.Accepted{Provider: m.Attempt})
			}
			return all
		},
		Fail: func(f followup.Failure, m followup.Message) followup.Message {
			if f == followup.Refused {
				m.Phone = "0151 12345678"
				return m
			}
			d.mu.Lock()
			d.fail = true
			d.mu.Unlock()
			return m
		},
	}
}

func TestSendRefusesWhatCannotBeDialled(t *testing.T) {
	for phone, want := range map[string]bool{
		"+4915112345678": true, "+98912345678": true, "+683123": false, "+6831234": true, "+68312345": true, "+123456789012345": true,
		"": false, "+": false, "4915112345678": false, "+0915112345678": false, "+49 151 12345678": false,
		"+1234567890123456": false, "+49151123456x": false, "+4915112345678\r\n": false, "+٤٩١٥١١٢٣٤": false,
	} {
		m := call()
		m.Phone = phone
		d := &calllist.Memory{}
		_, err := calllist.New(d).Send(t.Context(), m)
		if (err == nil) != want || (len(d.Shown()) == 1) != want {
			t.Errorf("%q: %v, shown %d", phone, err, len(d.Shown()))
		}
		if err != nil && (followup.Classify(err) != followup.Refused || phone != "" && phone != "+" && strings.Contains(err.Error(), phone)) {
			t.Errorf("%q: %v", phone, err)
		}
	}
}
