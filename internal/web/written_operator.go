// Code generated from pages/operator by the tests of this package, with -update. DO NOT EDIT.

package web

import (
	"cmp"
	"maps"
	"slices"

	"aftersales/internal/engine"
)

func (d barPage) write(s *sheet) {
	s.raw(`
<style>`)
	s.raw(string(css(d.Bar)))
	s.raw(`</style>
`)
	writeBarDesk(s, d.desk)
}

func (d callsPage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<p class="soft">Claim a call to see its number: it is then decided once more that it may be made now. Times are the customer's.</p>
`)
	if len(d.Calls) > 0 {
		for _, v2 := range d.Calls {
			s.raw(`<section class="card" id="`)
			s.text(string(v2.ID))
			s.raw(`">
<h2><bdi>`)
			s.text(cmp.Or(plain(v2.Contact), "A customer"))
			s.raw(`</bdi> <small>order <a href="`)
			s.text(urlnormalizer(urlfilter(s.order(v2.Journey))))
			s.raw(`"><bdi>`)
			s.text(plain(cmp.Or(v2.Number, v2.Order)))
			s.raw(`</bdi></a>`)
			if v2.Try > 1 {
				s.raw(`, try `)
				s.number(v2.Try)
			}
			s.raw(`</small></h2>
<p>Due `)
			s.text(localTime(v2.DueLocal))
			s.raw(` <small>`)
			s.text(v2.Zone)
			s.raw(`</small>`)
			if v2.ClaimedBy != "" {
				s.raw(` · claimed by <strong><bdi>`)
				s.text(v2.ClaimedBy)
				s.raw(`</bdi></strong>`)
			}
			s.raw(`</p>
`)
			if v2.ClaimedBy != "" {
				if v3 := v2.Phone; v3 != "" {
					s.raw(`<p><a class="phone" href="tel:`)
					s.text(urlnormalizer(v3))
					s.raw(`">`)
					s.text(v3)
					s.raw(`</a></p>`)
				} else {
					s.raw(`<p class="bad">No number is known any more.</p>`)
				}
			}
			s.raw(`
<blockquote dir="auto">`)
			s.text(flow(v2.Script))
			s.raw(`</blockquote>
`)
			if v2.ClaimedBy != "" {
				s.raw(`<form class="do" method="post" action="`)
				s.text(urlnormalizer(urlfilter(s.at())))
				s.raw(`/calls/done">
<input type="hidden" name="id" value="`)
				s.text(string(v2.ID))
				s.raw(`"><input type="hidden" name="by" value="`)
				s.text(v2.ClaimedBy)
				s.raw(`">
<fieldset><legend>How did it go?</legend>
`)
				for _, v5 := range d.Outcomes {
					s.raw(`<label class="pick"><input type="radio" name="outcome" value="`)
					s.text(string(v5))
					s.raw(`" required>`)
					s.text(string(v5))
					s.raw(`</label>
`)
				}
				s.raw(`</fieldset>
`)
				if len(v2.Goods) > 1 {
					s.raw(`<label>About<select name="unit"><option value="">the whole order</option>
`)
					for _, v7 := range v2.Goods {
						s.raw(`<option value="`)
						s.text(string(v7.Unit))
						s.raw(`">`)
						s.text(plain(v7.Name))
						s.raw(`</option>
`)
					}
					s.raw(`</select></label>
`)
				}
				s.raw(`<label>Call back at <small>(customer's clock)</small><input type="datetime-local" name="at"></label>
<label>Note<input name="note" maxlength="4000" dir="auto" autocomplete="off"></label>
<button>Record</button>
</form>
<details><summary>I did not dial</summary><form class="do" method="post" action="`)
				s.text(urlnormalizer(urlfilter(s.at())))
				s.raw(`/calls/release">
<input type="hidden" name="id" value="`)
				s.text(string(v2.ID))
				s.raw(`"><label>Your name<input name="by" required maxlength="80" value="`)
				s.text(d.By)
				s.raw(`" autocomplete="name"></label>
<label>Reason<input name="reason" required maxlength="200" autocomplete="off"></label>
<button class="plain">Back to the list</button>
</form></details>
`)
			} else {
				s.raw(`<form class="do" method="post" action="`)
				s.text(urlnormalizer(urlfilter(s.at())))
				s.raw(`/calls/claim">
<input type="hidden" name="id" value="`)
				s.text(string(v2.ID))
				s.raw(`">
<label>Your name<input name="by" required maxlength="80" value="`)
				s.text(d.By)
				s.raw(`" autocomplete="name"></label>
<button>Claim and show the number</button>
</form>`)
			}
			s.raw(`
</section>
`)
		}
	} else {
		s.raw(`<p>No calls to make now. They appear here when they are due, in the customer's hours.</p>
`)
	}
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
}

func (d casesPage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<p>`)
	if d.All {
		s.raw(`<a href="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/cases">Only open cases</a>`)
	} else {
		s.raw(`<a href="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/cases?all=1">Closed ones, too</a>`)
	}
	s.raw(`</p>
`)
	if len(d.Cases) > 0 {
		for _, v2 := range d.Cases {
			s.raw(`<section class="card`)
			if v2.Overdue {
				s.raw(` alert`)
			}
			s.raw(`">
<h2><a href="`)
			s.text(urlnormalizer(urlfilter(s.order(v2.Journey))))
			s.raw(`">Case <bdi>`)
			s.text(v2.ID)
			s.raw(`</bdi></a> <span class="state `)
			s.text(v2.State)
			s.raw(`">`)
			s.text(v2.State)
			s.raw(`</span></h2>
<dl><dt>Customer</dt><dd><bdi>`)
			s.text(cmp.Or(plain(v2.Contact), "not known"))
			s.raw(`</bdi></dd>
<dt>Why</dt><dd>`)
			s.text(v2.Reason)
			if v2.CallMe {
				s.raw(`, wants a call`)
			}
			s.raw(`</dd>
`)
			if v3 := v2.Names; len(v3) > 0 {
				s.raw(`<dt>About</dt><dd>`)
				for v4, v5 := range v3 {
					if v4 != 0 {
						s.raw(`, `)
					}
					s.raw(`<bdi>`)
					s.text(plain(v5))
					s.raw(`</bdi>`)
				}
				s.raw(`</dd>`)
			}
			s.raw(`
<dt>Opened</dt><dd>`)
			s.text(timeIn(d.Zone, v2.Opened))
			s.raw(`</dd>
`)
			if v2.State == "open" {
				s.raw(`<dt>Reply by</dt><dd>`)
				s.text(timeIn(d.Zone, v2.Due))
				if v2.Overdue {
					s.raw(` <span class="bad">overdue</span>`)
				}
				s.raw(`</dd>
`)
			} else {
				s.raw(`<dt>Closed</dt><dd>`)
				s.text(stampIn(d.Zone, v2.ClosedAt))
				s.raw(`, `)
				s.text(v2.Outcome)
				s.raw(`</dd>`)
			}
			s.raw(`</dl>
`)
			for _, v7 := range v2.Texts {
				s.raw(`<blockquote dir="auto"><small>`)
				s.text(timeIn(d.Zone, v7.At))
				s.raw(`</small>
`)
				s.text(v7.Body)
				s.raw(`</blockquote>
`)
			}
			writeCaseFormsCaseForms(s, formsOf(d, v2.ID, v2.State, "/cases"))
			s.raw(`
</section>
`)
		}
	} else {
		s.raw(`<p>No `)
		if d.All {
		} else {
			s.raw(`open `)
		}
		s.raw(`cases.</p>
`)
	}
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
	s.raw(`
`)
}

func (d faultPage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<div class="card alert"><p>`)
	s.text(d.Reason)
	s.raw(`</p>
<p><a href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/">Overview</a> · <a href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/calls">Calls</a> · <a href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/cases">Cases</a> · <a href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/orders">Orders</a></p></div>
`)
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
}

func (d homePage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<div class="tiles">
<a class="tile" href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/cases"><b>`)
	s.number(len(d.Cases))
	s.raw(`</b>open cases`)
	if d.Overdue != 0 {
		s.raw(`<br><span class="bad">`)
		s.number(d.Overdue)
		s.raw(` past the promised reply</span>`)
	}
	s.raw(`</a>
<a class="tile" href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/calls"><b>`)
	s.number(len(d.Calls))
	s.raw(`</b>calls to make`)
	if d.Claimed != 0 {
		s.raw(`<br><span class="soft">`)
		s.number(d.Claimed)
		s.raw(` claimed</span>`)
	}
	s.raw(`</a>
<a class="tile" href="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/parked"><b>`)
	s.number(len(d.Parked))
	s.raw(`</b>unclear sends</a>
<a class="tile" href="`)
	if len(d.Faulty) > 0 {
		s.raw(`#faults`)
	} else {
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/parked`)
	}
	s.raw(`"><b>`)
	s.number(d.Faults)
	s.raw(`</b>faults</a>
</div>
<h2>Needs a person</h2>
`)
	if len(d.Cases) > 0 {
		s.raw(`<div class="scroll"><table>
<thead><tr><th scope="col">Case</th><th scope="col">Customer</th><th scope="col">Why</th><th scope="col">Reply by</th></tr></thead>
<tbody>`)
		for _, v2 := range d.Cases {
			s.raw(`<tr><td><a href="`)
			s.text(urlnormalizer(urlfilter(s.order(v2.Journey))))
			s.raw(`"><bdi>`)
			s.text(v2.ID)
			s.raw(`</bdi></a></td><td><bdi>`)
			s.text(plain(v2.Contact))
			s.raw(`</bdi></td><td>`)
			s.text(v2.Reason)
			if v2.CallMe {
				s.raw(`, wants a call`)
			}
			s.raw(`</td><td class="when">`)
			s.text(timeIn(d.Zone, v2.Due))
			if v2.Overdue {
				s.raw(` <span class="bad">overdue</span>`)
			}
			s.raw(`</td></tr>
`)
		}
		s.raw(`</tbody></table></div>
`)
	} else {
		if (len(d.Calls) > 0) || (len(d.Parked) > 0) || (d.Faults != 0) {
			s.raw(`<p>No open case. See the `)
			if d.Faults != 0 {
				s.raw(`calls, the unclear sends and the faults`)
			} else {
				s.raw(`calls and the unclear sends`)
			}
			s.raw(`.</p>
`)
		} else {
			s.raw(`<p class="good">Nothing. Everything else goes by itself.</p>`)
		}
	}
	s.raw(`
`)
	if len(d.Faulty) > 0 {
		s.raw(`<h2 id="faults">Faults</h2>
`)
		if len(d.Attention) > 0 {
			s.raw(`<p><a href="`)
			s.text(urlnormalizer(urlfilter(s.at())))
			s.raw(`/parked">Follow-ups with a fault: `)
			s.number(len(d.Attention))
			s.raw(`</a></p>
`)
		}
		s.raw(`<p class="soft">Events that name what the order does not have, and conditions that failed. The order's page tells what to do.</p>
`)
		for _, v4 := range d.Faulty {
			s.raw(`<p>Order <a href="`)
			s.text(urlnormalizer(urlfilter(s.order(v4.Journey))))
			s.raw(`"><bdi>`)
			s.text(plain(v4.Order))
			s.raw(`</bdi></a>: <bdi>`)
			s.text(plain(v4.First))
			s.raw(`</bdi>`)
			if v4.More != 0 {
				s.raw(` <span class="soft">and `)
				s.number(v4.More)
				s.raw(` more</span>`)
			}
			s.raw(`</p>
`)
		}
	}
	s.raw(`<h2>Follow-ups</h2>
<p class="soft">`)
	if d.Whole {
		s.raw(`Of `)
		s.number(d.Orders)
		s.raw(` orders.`)
	} else {
		s.raw(`Of the first `)
		s.number(d.Orders)
		s.raw(` orders; there are more.`)
	}
	if v5 := d.Next; v5 != "" {
		s.raw(` The next one is due `)
		s.text(v5)
		s.raw(`.`)
	}
	s.raw(`</p>
`)
	if len(d.States) > 0 {
		s.raw(`<table>
<thead><tr><th scope="col">State</th><th scope="col">Number</th></tr></thead>
<tbody>`)
		for _, v7 := range d.States {
			s.raw(`<tr><td><span class="state `)
			s.text(string(v7.State))
			s.raw(`">`)
			s.text(string(v7.State))
			s.raw(`</span></td><td class="num">`)
			s.number(v7.N)
			s.raw(`</td></tr>
`)
		}
		s.raw(`</tbody></table>`)
	} else {
		s.raw(`<p>There are none yet. Post an order to /hooks, or import a file.</p>`)
	}
	s.raw(`
`)
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
}

func (d lanesPage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<p>What is due is queued lane by lane. A paused lane queues nothing: its messages wait, none is lost.</p>
`)
	for _, v2 := range d.Refused {
		s.raw(`<section class="card"><h2><bdi>`)
		s.text(v2.Name)
		s.raw(`</bdi> <span class="state open">plan changed</span></h2>
<p>This plan was edited under its version `)
		s.number(v2.Version)
		s.raw(`, which is in use. Orders follow it as it was before, until the version is raised and deployed.</p></section>
`)
	}
	for _, v4 := range d.Lanes {
		s.raw(`<section class="card"><h2>`)
		s.text(string(v4.Lane))
		s.raw(` <span class="state `)
		if v4.Paused {
			s.raw(`open`)
		} else {
			s.raw(`closed`)
		}
		s.raw(`">`)
		if v4.Paused {
			s.raw(`paused`)
		} else {
			s.raw(`runs`)
		}
		s.raw(`</span></h2>
`)
		if v4.Paused {
			s.raw(`<p><bdi>`)
			s.text(plain(v4.Why))
			s.raw(`</bdi></p><p class="when">Since `)
			s.text(timeIn(d.Zone, v4.Since))
			if !(v4.Until.IsZero()) {
				s.raw(`, until `)
				s.text(timeIn(d.Zone, v4.Until))
			}
			s.raw(`</p>
`)
		} else {
			if !(v4.Queued.IsZero()) {
				s.raw(`<p class="when">Queued up to `)
				s.text(timeIn(d.Zone, v4.Queued))
				s.raw(`</p>
`)
			}
		}
		s.raw(`<form class="do" method="post" action="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/lanes"><input type="hidden" name="lane" value="`)
		s.text(string(v4.Lane))
		s.raw(`">
<label>Your name <input name="by" value="`)
		s.text(d.Who())
		s.raw(`" maxlength="80" autocomplete="name"></label>
`)
		if v4.Paused {
			s.raw(`<button name="to" value="go-on">Go on</button>
`)
		} else {
			s.raw(`<label>Why <input name="reason" maxlength="150"></label>
<button name="to" value="pause">Pause</button>
`)
		}
		s.raw(`</form></section>
`)
	}
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
}

func (d orderPage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	v1 := d.Zone
	if v2 := d.Story; v2 != nil {
		s.raw(`
<div class="card"><dl>
<dt>Customer</dt><dd><bdi>`)
		s.text(cmp.Or(d.Name, "not known"))
		s.raw(`</bdi>`)
		if v3 := d.Mail; v3 != "" {
			s.raw(`<br><a href="mailto:`)
			s.text(urlnormalizer(v3))
			s.raw(`"><bdi>`)
			s.text(v3)
			s.raw(`</bdi></a>`)
		}
		if v4 := d.Phone; v4 != "" {
			s.raw(`<br><a href="tel:`)
			s.text(urlnormalizer(v4))
			s.raw(`">`)
			s.text(v4)
			s.raw(`</a>`)
		}
		s.raw(`</dd>
<dt>Order id</dt><dd><code>`)
		s.text(v2.Order.ID)
		s.raw(`</code> of `)
		s.text(v2.Order.Shop)
		if v2.Order.Test {
			s.raw(` (a test)`)
		}
		s.raw(`</dd>
<dt>Ordered</dt><dd>`)
		s.text(stampIn(v1, v2.Order.Ordered))
		if v5 := v2.Order.Total; v5 != "" {
			s.raw(`, `)
			s.text(v5)
		}
		s.raw(`</dd>
<dt>Customer's zone</dt><dd>`)
		s.text(v2.Order.Zone)
		s.raw(` <small>`)
		s.text(zoneSource(v2.Order.ZoneSource))
		s.raw(`</small></dd>
<dt>Plan</dt><dd>`)
		if v6 := v2.Order.Plan; v6 != nil {
			s.text(*v6)
		} else {
			s.raw(`none`)
		}
		if v2.Order.Plan != nil {
			s.raw(` version `)
			s.number(v2.Order.Version)
			if v2.Order.Pinned {
				s.raw(`, kept for this order`)
			}
		}
		if v7 := v2.Order.Why; v7 != "" {
			s.raw(`<br><small>`)
			s.text(v7)
			s.raw(`</small>`)
		}
		s.raw(`</dd>
`)
		for _, v9 := range v2.Order.Faults {
			s.raw(`<dt>Fault</dt><dd class="bad">`)
			s.text(v9)
			s.raw(`</dd>`)
		}
		s.raw(`
</dl></div>
`)
		if len(v2.Cases) > 0 {
			s.raw(`<h2>Cases</h2>
`)
			for _, v11 := range v2.Cases {
				s.raw(`<section class="card"><h3>Case <bdi>`)
				s.text(v11.ID)
				s.raw(`</bdi> <span class="state `)
				s.text(v11.State)
				s.raw(`">`)
				s.text(v11.State)
				s.raw(`</span></h3>
<p>`)
				s.text(v11.Reason)
				for v12, v13 := range v11.Names {
					if v12 != 0 {
						s.raw(`,`)
					} else {
						s.raw(`:`)
					}
					s.raw(` <bdi>`)
					s.text(plain(v13))
					s.raw(`</bdi>`)
				}
				s.raw(`, opened `)
				s.text(stampIn(v1, v11.OpenedAt))
				if v11.State == "open" {
					s.raw(`, reply by `)
					s.text(stampIn(v1, v11.ReplyDue))
				} else {
					s.raw(`, closed `)
					s.text(stampIn(v1, v11.ClosedAt))
					s.raw(`: `)
					s.text(v11.Outcome)
				}
				s.raw(`</p>
`)
				writeCaseFormsCaseForms(s, formsOf(d, v11.ID, v11.State, d.Path))
				s.raw(`</section>
`)
			}
		}
		s.raw(`
`)
		if (len(v2.Answers) > 0) || (len(d.Texts) > 0) {
			s.raw(`<h2>What was said</h2>
<ol class="line">`)
			for _, v15 := range v2.Answers {
				s.raw(`<li><strong>`)
				s.text(cmp.Or(v15.Answer, "rated"))
				s.raw(`</strong>`)
				if v16 := v15.Rating; v16 != 0 {
					s.raw(`, `)
					s.number(v16)
					s.raw(` of 5`)
				}
				if v17 := v15.Unit; v17 != "" {
					s.raw(` <bdi>`)
					s.text(d.Unit(v17))
					s.raw(`</bdi>`)
				}
				s.raw(` <small>`)
				s.text(stampIn(v1, v15.At))
				s.raw(`, by `)
				s.text(v15.By)
				if v18 := v15.Step; v18 != "" {
					s.raw(`, to `)
					s.text(v18)
				}
				s.raw(`</small></li>
`)
			}
			for _, v20 := range d.Texts {
				s.raw(`<li><small>`)
				s.text(timeIn(v1, v20.At))
				s.raw(`</small><blockquote dir="auto">`)
				s.text(v20.Body)
				s.raw(`</blockquote></li>
`)
			}
			s.raw(`</ol>`)
		}
		s.raw(`
<h2>Follow-ups</h2>
`)
		if len(v2.FollowUps) > 0 {
			s.raw(`<ol class="line">`)
			for _, v22 := range v2.FollowUps {
				s.raw(`<li class="`)
				s.text(v22.State)
				s.raw(`">
<strong>`)
				s.text(v22.Step)
				s.raw(`</strong> <span class="state `)
				s.text(v22.State)
				s.raw(`">`)
				s.text(v22.State)
				s.raw(`</span>`)
				if v23 := v22.Outcome; v23 != "" {
					s.raw(` `)
					s.text(v23)
				}
				s.raw(`<br>
`)
				s.text(localTime(v22.DueLocal))
				s.raw(` <small>`)
				s.text(v22.Zone)
				s.raw(` · `)
				s.text(v22.Class)
				s.raw(` by `)
				s.text(v22.Channel)
				for _, v25 := range v22.Units {
					s.raw(` · <bdi>`)
					s.text(d.Unit(v25))
					s.raw(`</bdi>`)
				}
				if v26 := v22.Claimed; v26 != "" {
					s.raw(` · claimed by <bdi>`)
					s.text(v26)
					s.raw(`</bdi>`)
				}
				s.raw(`</small><br>
<span class="soft">`)
				s.text(v22.Reason)
				if v27 := v22.Because; v27 != "" {
					s.raw(` · due because: `)
					s.text(v27)
				}
				s.raw(`</span>
`)
				if len(v22.Decisions) > 0 {
					s.raw(`<details><summary>Decisions</summary><ol>`)
					for _, v29 := range v22.Decisions {
						s.raw(`<li>`)
						s.text(stampIn(v1, v29.At))
						s.raw(`: <strong>`)
						s.text(v29.Result)
						s.raw(`</strong> (`)
						s.text(v29.Rule)
						s.raw(`) `)
						s.text(v29.Reason)
						if v30 := v29.NextLook; v30 != "" {
							s.raw(`; looks again `)
							s.text(stampIn(v1, v30))
						}
						for _, v31 := range slices.Sorted(maps.Keys(v29.Facts)) {
							v32 := v29.Facts[v31]
							s.raw(` <code>`)
							s.text(v31)
							s.raw(`=`)
							s.text(v32)
							s.raw(`</code>`)
						}
						s.raw(`</li>`)
					}
					s.raw(`</ol></details>`)
				}
				s.raw(`
</li>
`)
			}
			s.raw(`</ol>`)
		} else {
			s.raw(`<p>None.</p>`)
		}
		s.raw(`
<h2>Units</h2>
<div class="scroll"><table><thead><tr><th scope="col">Unit</th><th scope="col">What</th><th scope="col">Cared for</th><th scope="col">Facts</th></tr></thead>
<tbody>`)
		for _, v34 := range v2.Units {
			s.raw(`<tr><td><code>`)
			s.text(v34.Unit)
			s.raw(`</code></td><td><bdi>`)
			s.text(plain(v34.Name))
			s.raw(`</bdi>`)
			if v35 := v34.Serial; v35 != "" {
				s.raw(`<br><small>serial <bdi>`)
				s.text(plain(v35))
				s.raw(`</bdi></small>`)
			}
			if v36 := v34.Category; v36 != "" {
				s.raw(`<br><small>`)
				s.text(v36)
				s.raw(`</small>`)
			}
			s.raw(`</td>
<td>`)
			if v34.Picked {
				if v34.Live {
					s.raw(`yes`)
				} else {
					s.raw(`no more`)
				}
			} else {
				s.raw(`no`)
			}
			s.raw(`</td>
<td>`)
			for _, v37 := range slices.Sorted(maps.Keys(v34.Facts)) {
				v38 := v34.Facts[v37]
				s.text(v37)
				s.raw(` `)
				s.text(stampIn(v1, v38.At))
				s.raw(` <small>`)
				if v38.Assumed {
					s.raw(`assumed: `)
					s.text(v38.Basis)
				} else {
					s.raw(`says `)
					s.text(v38.Source)
				}
				s.raw(`</small><br>`)
			}
			s.raw(`</td></tr>
`)
		}
		s.raw(`</tbody></table></div>
`)
		if len(v2.Coverages) > 0 {
			s.raw(`<h2>Coverages</h2>
<div class="scroll"><table><thead><tr><th scope="col">What</th><th scope="col">Unit</th><th scope="col">From</th><th scope="col">Until</th><th scope="col">Source</th></tr></thead>
<tbody>`)
			for _, v40 := range v2.Coverages {
				s.raw(`<tr><td>`)
				s.text(v40.Name)
				s.raw(`</td><td>`)
				if v40.Unit != "" {
					s.raw(`<bdi>`)
					s.text(d.Unit(v40.Unit))
					s.raw(`</bdi>`)
				} else {
					s.raw(`the order`)
				}
				s.raw(`</td><td class="when">`)
				s.text(localTime(v40.From))
				s.raw(`</td><td class="when">`)
				s.text(localTime(v40.Until))
				s.raw(`</td><td>`)
				s.text(v40.Basis)
				if v40.Assumed {
					s.raw(`, from an assumed date`)
				} else {
					s.raw(`, `)
					s.text(v40.Source)
				}
				s.raw(`</td></tr>
`)
			}
			s.raw(`</tbody></table></div>`)
		}
		s.raw(`
<h2>Open a case</h2>
<form class="do" method="post" action="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/cases/open">
<input type="hidden" name="order" value="`)
		s.text(string(d.ID))
		s.raw(`"><input type="hidden" name="back" value="`)
		s.text(d.Path)
		s.raw(`">
<label>Unit<select name="unit"><option value="">the whole order</option>`)
		for _, v42 := range v2.Units {
			s.raw(`<option value="`)
			s.text(v42.Unit)
			s.raw(`">`)
			s.text(d.Unit(v42.Unit))
			s.raw(`</option>`)
		}
		s.raw(`</select></label>
<label>What is it about?<input name="text" maxlength="4000" dir="auto" autocomplete="off"></label>
<label>Your name<input name="by" maxlength="80" value="`)
		s.text(d.By)
		s.raw(`" autocomplete="name"></label>
<button class="plain">Open a case</button>
</form>
<h2>Events</h2>
<div class="scroll"><table><thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Who says so</th></tr></thead>
<tbody>`)
		for _, v44 := range v2.Events {
			s.raw(`<tr><td class="when">`)
			s.text(stampIn(v1, v44.At))
			s.raw(`</td><td>`)
			s.text(v44.Type)
			if v44.Undone {
				s.raw(`, taken back`)
			}
			s.raw(`</td><td>`)
			s.text(v44.Source)
			s.raw(` <code>`)
			s.text(v44.ID)
			s.raw(`</code></td></tr>
`)
		}
		s.raw(`</tbody></table></div>
`)
	}
	s.raw(`<p class="soft">Where no other zone is named, times are those of `)
	s.text(d.Zone.String())
	s.raw(`.</p>
`)
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
}

func (d ordersList) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<form class="do" method="get" action="`)
	s.text(urlnormalizer(urlfilter(s.at())))
	s.raw(`/orders" role="search">
<label>Order number, the store's order id, or a case number<input type="search" name="q" value="`)
	s.text(d.Query)
	s.raw(`" autocomplete="off"></label>
<button>Search</button>
</form>
`)
	if len(d.Orders) > 0 {
		s.raw(`<div class="scroll"><table>
<thead><tr><th scope="col">Order</th><th scope="col">Shop</th><th scope="col">Ordered</th><th scope="col">Plan</th><th scope="col">Pending</th><th scope="col">Next <small>(customer's time)</small></th></tr></thead>
<tbody>`)
		for _, v2 := range d.Orders {
			s.raw(`<tr><td><a href="`)
			s.text(urlnormalizer(urlfilter(s.order(v2.Journey))))
			s.raw(`"><bdi>`)
			s.text(plain(cmp.Or(v2.Number, v2.Order)))
			s.raw(`</bdi></a>`)
			if v2.Cases != 0 {
				s.raw(` <span class="state open">`)
				s.number(v2.Cases)
				s.raw(` open</span>`)
			}
			s.raw(`</td>
<td>`)
			s.text(string(v2.Shop))
			s.raw(`</td><td class="when">`)
			s.text(stampIn(d.Zone, v2.Ordered))
			s.raw(`</td><td>`)
			s.text(cmp.Or(v2.Plan, "none"))
			s.raw(`</td><td class="num">`)
			s.number(v2.Pending)
			s.raw(`</td><td class="when">`)
			if v3 := v2.Next.String(); v3 != "" {
				s.text(localTime(v3))
			}
			s.raw(`</td></tr>
`)
		}
		s.raw(`</tbody></table></div>
`)
		if v4 := d.Next; v4 != "" {
			s.raw(`<p><a href="`)
			s.text(urlnormalizer(urlfilter(s.at())))
			s.raw(`/orders?after=`)
			s.text(urlescaper(string(v4)))
			s.raw(`" rel="next">More orders</a></p>`)
		}
		s.raw(`
`)
	} else {
		if d.Query != "" {
			s.raw(`<p>No order has that number or id.`)
			if !(d.Whole) {
				s.raw(` Only a thousand orders were searched by number; the store's own order id finds any.`)
			}
			s.raw(`</p>
`)
		} else {
			s.raw(`<p>There are no orders yet.</p>`)
		}
	}
	s.raw(`
`)
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
}

func (d parkedPage) write(s *sheet) {
	writeTopDesk(s, d.desk)
	s.raw(`<p class="soft">Nobody can tell whether these were sent. Look into the mail server's log or ask the customer, then decide. The customer gets a second message when you send again what had arrived.</p>
`)
	if len(d.Parked) > 0 {
		for _, v2 := range d.Parked {
			s.raw(`<section class="card">`)
			writeRowEngineParkedItem(s, v2)
			s.raw(`
<form class="do" method="post" action="`)
			s.text(urlnormalizer(urlfilter(s.at())))
			s.raw(`/parked/settle">
<input type="hidden" name="id" value="`)
			s.text(string(v2.ID))
			s.raw(`">
<label>Reason<input name="reason" required maxlength="200" autocomplete="off"></label>
<button name="to" value="sent" class="plain">It was sent</button><button name="to" value="resend" class="plain">Send it again</button><button name="to" value="void" class="plain">Drop it</button>
</form></section>
`)
		}
	} else {
		s.raw(`<p class="good">None.</p>
`)
	}
	if len(d.Attention) > 0 {
		s.raw(`<h2>Faults</h2>
<p class="soft">What was held goes by itself once its message is mended; what failed was refused for good.</p>
`)
		for _, v4 := range d.Attention {
			s.raw(`<section class="card">`)
			writeRowEngineParkedItem(s, v4)
			s.raw(`</section>
`)
		}
	}
	writeBottomDesk(s, d.desk)
	s.raw(`
`)
	s.raw(`
`)
}

func writeBarDesk(s *sheet, d desk) {
	s.raw(`<header class="bar">
<nav aria-label="Main">`)
	for _, v2 := range d.Menu() {
		s.raw(`<a href="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.text(urlnormalizer(urlfilter(v2.Path)))
		s.raw(`"`)
		if v2.Here {
			s.raw(` aria-current="page"`)
		}
		s.raw(`>`)
		s.text(v2.Name)
		s.raw(`</a>`)
	}
	s.raw(`</nav>
`)
	if d.Clock() {
		s.raw(`<form method="post" action="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/clock/advance"><time datetime="`)
		s.text(d.Now.UTC().Format("2006-01-02T15:04:05Z"))
		s.raw(`">`)
		s.text(timeIn(d.Zone, d.Now))
		s.raw(` <small>`)
		s.text(d.Zone.String())
		s.raw(`</small></time><input type="hidden" name="back" value="`)
		s.text(d.Path)
		s.raw(`">
<button name="by" value="hour">+1 hour</button><button name="by" value="day">+1 day</button><button name="by" value="month">+1 month</button></form>
`)
	}
	s.raw(`</header>
`)
}

func writeBottomDesk(s *sheet, d desk) {
	s.raw(`</main>
<footer>aftersales `)
	s.text(d.Version())
	s.raw(`. These pages are for the people of the shop.</footer>
</body>
</html>
`)
}

func writeCaseFormsCaseForms(s *sheet, d caseForms) {
	if d.State == "open" {
		s.raw(`<form class="do" method="post" action="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/cases/close">
<input type="hidden" name="id" value="`)
		s.text(d.ID)
		s.raw(`"><input type="hidden" name="back" value="`)
		s.text(d.Back)
		s.raw(`">
<label>Reason<select name="reason" required><option value="">choose …</option>`)
		for _, v2 := range d.Reasons {
			s.raw(`<option>`)
			s.text(v2)
			s.raw(`</option>`)
		}
		s.raw(`</select></label>
<label>Note<input name="text" maxlength="4000" dir="auto" autocomplete="off"></label>
<label>Your name<input name="by" maxlength="80" value="`)
		s.text(d.By)
		s.raw(`" autocomplete="name"></label>
<button>Close the case</button>
</form>
<details><summary>Add a note</summary><form class="do" method="post" action="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/cases/note">
<input type="hidden" name="id" value="`)
		s.text(d.ID)
		s.raw(`"><input type="hidden" name="back" value="`)
		s.text(d.Back)
		s.raw(`">
<label>Note<textarea name="text" rows="3" required maxlength="4000" dir="auto"></textarea></label>
<button class="plain">Keep the note</button>
</form></details>
`)
	} else {
		s.raw(`<form class="do" method="post" action="`)
		s.text(urlnormalizer(urlfilter(s.at())))
		s.raw(`/cases/reopen">
<input type="hidden" name="id" value="`)
		s.text(d.ID)
		s.raw(`"><input type="hidden" name="back" value="`)
		s.text(d.Back)
		s.raw(`">
<button class="plain">Reopen the case</button>
</form>`)
	}
}

func writeRowEngineParkedItem(s *sheet, d engine.ParkedItem) {
	s.raw(`<h2>`)
	s.text(d.Step)
	s.raw(` <small>order <a href="`)
	s.text(urlnormalizer(urlfilter(s.order(d.Journey))))
	s.raw(`"><bdi>`)
	s.text(plain(cmp.Or(d.Number, d.Order)))
	s.raw(`</bdi></a></small> <span class="state `)
	s.text(d.State)
	s.raw(`">`)
	s.text(d.State)
	s.raw(`</span></h2>
<p>`)
	s.text(d.Class)
	s.raw(` by `)
	s.text(d.Channel)
	s.raw(`, due `)
	s.text(localTime(d.DueLocal))
	s.raw(` <small>`)
	s.text(d.Zone)
	s.raw(`</small><br><span class="soft">`)
	s.text(d.Reason)
	s.raw(`</span></p>`)
}

func writeTopDesk(s *sheet, d desk) {
	s.raw(`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>`)
	s.text(d.Title)
	s.raw(` – aftersales</title>
<style>`)
	s.raw(string(css(d.Style())))
	s.raw(`</style>
</head>
<body>
`)
	writeBarDesk(s, d)
	s.raw(`<main>
<h1><bdi>`)
	s.text(d.Title)
	s.raw(`</bdi></h1>
`)
	if v1 := d.Said; v1 != "" {
		s.raw(`<p class="card notice" role="status">`)
		s.text(v1)
		s.raw(`</p>
`)
	}
}
