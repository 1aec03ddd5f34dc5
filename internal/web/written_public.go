// Code generated from pages/public by the tests of this package, with -update. DO NOT EDIT.

package web

import ()

func (d answerPage) write(s *sheet) {
	writeTopFrame(s, d.frame)
	v1 := d.T
	s.raw(`
`)
	if len(d.Form.Faults) > 0 {
		s.raw(`<div class="card alert" role="alert">
<h1>`)
		s.text(v1.Mend)
		s.raw(`</h1>
<ul>`)
		for _, v3 := range d.Form.Faults {
			s.raw(`<li>`)
			s.text(v3)
			s.raw(`</li>`)
		}
		s.raw(`</ul>
</div>`)
	} else {
		if len(d.Said) > 0 {
			s.raw(`<section class="card done" aria-labelledby="said">
<h1 id="said">`)
			s.text(v1.Thanks)
			s.raw(`</h1>
`)
			for _, v5 := range d.Said {
				s.raw(`<p>`)
				s.text(v1.Told)
				s.raw(` `)
				s.text(v5.When)
				if v6 := v5.Unit; v6 != "" {
					s.raw(`, <bdi>`)
					s.text(v6)
					s.raw(`</bdi>`)
				}
				s.raw(`:`)
				if v7 := v5.Answer; v7 != "" {
					s.raw(` <strong>`)
					s.text(v7)
					s.raw(`</strong>.`)
				}
				if v8 := v5.Rating; v8 != "" {
					s.raw(` `)
					s.text(v1.ToldRating)
					s.raw(` <strong>`)
					s.text(v8)
					s.raw(`</strong>.`)
				}
				if v5.Note {
					s.raw(` `)
					s.text(v1.Noted)
				}
				s.raw(`</p>
`)
			}
			if d.Works {
				s.raw(`<p>`)
				s.text(v1.ThanksWorks)
				s.raw(`</p>`)
			}
			if d.NotYet {
				s.raw(`<p>`)
				s.text(v1.NotYet)
				s.raw(`</p>`)
			}
			s.raw(`
`)
			writeCasesAnswerPage(s, d)
			s.raw(`
`)
			if v9 := d.Review; v9 != "" {
				s.raw(`<p class="review"><a class="button" href="`)
				s.text(urlnormalizer(urlfilter(v9)))
				s.raw(`" rel="noopener noreferrer">`)
				s.text(v1.Review)
				s.raw(`</a><span class="soft">`)
				s.text(v1.Reviews)
				s.raw(`</span></p>`)
			}
			s.raw(`
</section>`)
		} else {
			if len(d.Cases) > 0 {
				s.raw(`<section class="card done">`)
				writeCasesAnswerPage(s, d)
				s.raw(`</section>`)
			}
		}
	}
	s.raw(`
<form class="card" method="post">
`)
	if (len(d.Said) > 0) && (!(len(d.Form.Faults) > 0)) {
		s.raw(`<h2>`)
		s.text(v1.Change)
		s.raw(`</h2>
<p class="soft">`)
		s.text(v1.ChangeLead)
		s.raw(`</p>
`)
	} else {
		if len(d.Form.Faults) > 0 {
			s.raw(`<h2>`)
			s.text(d.Title)
			s.raw(`</h2>
`)
		} else {
			s.raw(`<h1>`)
			s.text(d.Title)
			s.raw(`</h1>
<p class="soft">`)
			if d.ToReview {
				s.text(v1.ReviewLead)
			} else {
				s.text(v1.AnswerLead)
			}
			s.raw(`</p>
`)
		}
	}
	s.raw(`<p class="about"><bdi>`)
	if v10 := d.Only; v10 != "" {
		s.text(v10)
		s.raw(`</bdi>, <bdi>`)
	}
	s.text(d.Order)
	s.raw(`</bdi></p>
`)
	if d.Many {
		s.raw(`<fieldset>
<label class="field" for="unit">`)
		s.text(v1.WhichUnit)
		s.raw(`</label>
<select id="unit" name="unit" required`)
		if d.More {
			s.raw(` aria-describedby="unit-hint"`)
		}
		s.raw(`><option value=""></option>
`)
		for _, v12 := range d.Units {
			s.raw(`<option value="`)
			s.text(v12.Value)
			s.raw(`"`)
			if v12.Checked {
				s.raw(` selected`)
			}
			s.raw(`>`)
			s.text(v12.Label)
			s.raw(`</option>
`)
		}
		s.raw(`</select>`)
		if d.More {
			s.raw(`
<p class="soft" id="unit-hint">`)
			s.text(v1.MoreUnits)
			s.raw(`</p>`)
		}
		s.raw(`
</fieldset>
`)
	} else {
		if len(d.Units) > 0 {
			s.raw(`<fieldset>
<legend>`)
			s.text(v1.WhichUnit)
			s.raw(`</legend>
`)
			for _, v14 := range d.Units {
				s.raw(`<label class="choice"><input type="radio" name="unit" value="`)
				s.text(v14.Value)
				s.raw(`" required`)
				if v14.Checked {
					s.raw(` checked`)
				}
				s.raw(`><span><bdi>`)
				s.text(v14.Label)
				s.raw(`</bdi>`)
				if v15 := v14.Hint; v15 != "" {
					s.raw(`<small><bdi>`)
					s.text(v15)
					s.raw(`</bdi></small>`)
				}
				s.raw(`</span></label>
`)
			}
			s.raw(`</fieldset>
`)
		}
	}
	if d.ToReview {
		writeRatingAnswerPage(s, d)
		s.raw(`<fieldset>
<label class="field" for="text">`)
		s.text(v1.ReviewText)
		s.raw(`</label>
<textarea id="text" name="text" rows="6" maxlength="`)
		s.number(d.MaxText)
		s.raw(`" dir="auto" aria-describedby="text-hint">`)
		s.text(d.Form.Text)
		s.raw(`</textarea>
<p class="soft" id="text-hint">`)
		s.text(v1.ReviewHint)
		s.raw(`</p>
</fieldset>
`)
	}
	s.raw(`<fieldset>
<legend>`)
	if d.ToReview {
		s.text(v1.AnswerTitle)
		s.raw(` <small>(`)
		s.text(v1.Optional)
		s.raw(`)</small>`)
	} else {
		s.text(v1.YourAnswer)
		s.raw(` <small>`)
		s.text(v1.TapOne)
		s.raw(`</small>`)
	}
	s.raw(`</legend>
`)
	for _, v17 := range d.Options {
		s.raw(`<label class="choice`)
		if v17.Lead {
			s.raw(` lead`)
		}
		s.raw(`"><input type="radio" name="answer" value="`)
		s.text(v17.Value)
		s.raw(`"`)
		if !(d.ToReview) {
			s.raw(` required`)
		}
		if v17.Checked {
			s.raw(` checked`)
		}
		s.raw(`><span>`)
		s.text(v17.Label)
		s.raw(`<small>`)
		s.text(v17.Hint)
		s.raw(`</small></span></label>
`)
	}
	if d.ToReview {
		writeCallmeAnswerPage(s, d)
	}
	s.raw(`</fieldset>
`)
	if !(d.ToReview) {
		s.raw(`<fieldset>
<legend>`)
		s.text(v1.MoreTitle)
		s.raw(` <small>(`)
		s.text(v1.Optional)
		s.raw(`)</small></legend>
<label class="field" for="text">`)
		s.text(v1.TextLabel)
		s.raw(`</label>
<textarea id="text" name="text" rows="4" maxlength="`)
		s.number(d.MaxText)
		s.raw(`" dir="auto" aria-describedby="text-hint">`)
		s.text(d.Form.Text)
		s.raw(`</textarea>
<p class="soft" id="text-hint">`)
		s.text(v1.TextHint)
		s.raw(`</p>
`)
		writeCallmeAnswerPage(s, d)
		s.raw(`</fieldset>
`)
		writeRatingAnswerPage(s, d)
	}
	s.raw(`<button type="submit">`)
	if d.ToReview {
		s.text(v1.SendReview)
	} else {
		s.text(v1.Send)
	}
	s.raw(`</button>
</form>
`)
	writeBottomFrame(s, d.frame)
	s.raw(`
`)
	s.raw(`
`)
}

func (d notice) write(s *sheet) {
	writeTopFrame(s, d.frame)
	s.raw(`<div class="card">
<h1>`)
	s.text(d.Title)
	s.raw(`</h1>
<p>`)
	s.text(d.Lead)
	s.raw(`</p>
</div>
`)
	writeBottomFrame(s, d.frame)
	s.raw(`
`)
}

func (d stopPage) write(s *sheet) {
	writeTopFrame(s, d.frame)
	v1 := d.T
	s.raw(`
`)
	if d.Stopped {
		s.raw(`<section class="card done">
<h1>`)
		s.text(v1.StoppedTitle)
		s.raw(`</h1>
<p>`)
		s.text(v1.StoppedLead)
		s.raw(`</p>
`)
		writeStopsStopPage(s, d)
		s.raw(`
<p class="soft">`)
		s.text(d.Keeps)
		s.raw(`</p>
<form method="post">
<p>`)
		s.text(v1.UndoLead)
		s.raw(`</p>
<button class="plain" type="submit" name="undo" value="yes">`)
		s.text(v1.Undo)
		s.raw(`</button>
</form>
</section>`)
	} else {
		if d.Undone {
			s.raw(`<section class="card done">
<h1>`)
			s.text(v1.UndoneTitle)
			s.raw(`</h1>
<p>`)
			s.text(v1.UndoneLead)
			s.raw(`</p>
`)
			writeStopsStopPage(s, d)
			s.raw(`
</section>`)
		}
		s.raw(`<section class="card">
`)
		if d.Undone {
			s.raw(`<h2>`)
			s.text(v1.StopTitle)
			s.raw(`</h2>`)
		} else {
			s.raw(`<h1>`)
			s.text(v1.StopTitle)
			s.raw(`</h1>`)
		}
		s.raw(`
<p>`)
		s.text(v1.StopLead)
		s.raw(`</p>
`)
		writeStopsStopPage(s, d)
		s.raw(`
<p class="soft">`)
		s.text(d.Keeps)
		s.raw(`</p>
<form method="post">
<button type="submit" name="stop" value="yes">`)
		s.text(v1.StopButton)
		s.raw(`</button>
</form>
</section>`)
	}
	s.raw(`
`)
	writeBottomFrame(s, d.frame)
	s.raw(`
`)
	s.raw(`
`)
}

func writeBottomFrame(s *sheet, d frame) {
	s.raw(`</main>
`)
	{
		v1 := d.Shop
		if v1.Name != "" {
			s.raw(`<footer>
<p><strong><bdi>`)
			s.text(v1.Name)
			s.raw(`</bdi></strong>`)
			if v2 := v1.Address; v2 != "" {
				s.raw(`<br><bdi>`)
				s.text(v2)
				s.raw(`</bdi>`)
			}
			s.raw(`</p>
<p>`)
			if v3 := v1.Phone; v3 != "" {
				s.text(d.T.ByPhone)
				s.raw(` <a href="tel:`)
				s.text(urlnormalizer(d.Shop.Dial))
				s.raw(`"><bdi>`)
				s.text(v3)
				s.raw(`</bdi></a>`)
				if v4 := d.Shop.Hours; v4 != "" {
					s.raw(`<br><span class="soft">`)
					s.text(v4)
					s.raw(`</span>`)
				}
				s.raw(`<br>`)
			}
			if v5 := v1.Mail; v5 != "" {
				s.text(d.T.ByMail)
				s.raw(` <a href="mailto:`)
				s.text(urlnormalizer(v5))
				s.raw(`"><bdi>`)
				s.text(v5)
				s.raw(`</bdi></a>`)
			}
			s.raw(`</p>
</footer>`)
		}
	}
	s.raw(`
</body>
</html>
`)
}

func writeCallmeAnswerPage(s *sheet, d answerPage) {
	s.raw(`<label class="choice"><input type="checkbox" name="call_me" value="yes"`)
	if d.Form.CallMe {
		s.raw(` checked`)
	}
	s.raw(`><span>`)
	s.text(d.T.CallMe)
	s.raw(`<small>`)
	s.text(d.CallMe)
	s.raw(`</small></span></label>
`)
}

func writeCasesAnswerPage(s *sheet, d answerPage) {
	v1 := d.T
	for _, v3 := range d.Cases {
		s.raw(`<div class="case">
`)
		if v3.Closed != "" {
			s.raw(`<p>`)
			s.text(v1.CaseClosed)
			s.raw(` <strong><bdi>`)
			s.text(v3.Number)
			s.raw(`</bdi></strong>`)
			if v4 := v3.Unit; v4 != "" {
				s.raw(`, <bdi>`)
				s.text(v4)
				s.raw(`</bdi>`)
			}
			s.raw(`, `)
			s.text(v3.Closed)
			s.raw(`.</p>
`)
		} else {
			s.raw(`<p>`)
			if v5 := v3.Unit; v5 != "" {
				s.raw(`<bdi>`)
				s.text(v5)
				s.raw(`</bdi>. `)
			}
			s.text(v1.CaseNumber)
			s.raw(` <strong class="number"><bdi>`)
			s.text(v3.Number)
			s.raw(`</bdi></strong>.</p>
<p>`)
			s.text(v1.CaseReply)
			s.raw(` <strong>`)
			s.text(v3.Reply)
			s.raw(`</strong>.</p>
<p class="soft">`)
			s.text(v1.CaseNote)
			s.raw(`</p>`)
		}
		s.raw(`
</div>`)
	}
}

func writeRatingAnswerPage(s *sheet, d answerPage) {
	v1 := d.T
	s.raw(`<fieldset>
<legend>`)
	s.text(v1.RatingLabel)
	s.raw(` <small>(`)
	if !(d.ToReview) {
		s.text(v1.Optional)
		s.raw(`; `)
	}
	s.text(v1.RatingLow)
	s.raw(`, `)
	s.text(v1.RatingHigh)
	s.raw(`)</small></legend>
<div class="stars">`)
	for _, v3 := range d.Ratings {
		s.raw(`<label class="choice"><input type="radio" name="rating" value="`)
		s.text(v3.Value)
		s.raw(`"`)
		if v3.Checked {
			s.raw(` checked`)
		}
		s.raw(`><span>`)
		s.text(v3.Label)
		s.raw(`</span></label>
`)
	}
	s.raw(`</div>
</fieldset>
`)
}

func writeStopsStopPage(s *sheet, d stopPage) {
	s.raw(`<ul>`)
	for _, v2 := range d.Stops {
		s.raw(`<li>`)
		s.text(v2)
		s.raw(`</li>`)
	}
	s.raw(`</ul>`)
}

func writeTopFrame(s *sheet, d frame) {
	s.raw(`<!doctype html>
<html lang="`)
	s.text(d.T.Lang)
	s.raw(`" dir="`)
	s.text(d.T.Dir)
	s.raw(`">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>`)
	s.text(d.Title)
	if v1 := d.Shop.Name; v1 != "" {
		s.raw(` – `)
		s.text(v1)
	}
	s.raw(`</title>
<style>`)
	s.raw(string(css(d.Style())))
	s.raw(`</style>
</head>
<body>
`)
	if v2 := d.Shop.Name; v2 != "" {
		s.raw(`<header><p class="shop"><bdi>`)
		s.text(v2)
		s.raw(`</bdi></p></header>`)
	}
	s.raw(`
<main>
`)
}
