package plan

import (
	"fmt"
	"strings"
	"unicode"

	"aftersales/internal/followup"
)

// salesWords are what a reminder may not talk of. Service mail goes out without
// consent because it sells nothing.
var salesWords = []string{
	"offer", "offers", "upsell", "upsells", "upselling", "discount", "discounts", "coupon", "coupons", "voucher", "vouchers",
	"promo", "promos", "promotion", "promotions",
}

// lintWording checks what a step is about, by the words of its names and conditions.
func (r *reader) lintWording(s *followup.Step, n *node) {
	if s.Class == followup.Service || s.Class == followup.Recall {
		for _, key := range []string{"id", "message", keyWhen, keyUnless} {
			if w := sells(val[string](n, key)); w != "" {
				r.fault(n.at(key), fmt.Sprintf("class %s and %s do not go together: a reminder sells nothing", s.Class, quote(w)),
					"make it class: marketing, or leave the offer out")
				break
			}
		}
	}
	if isReview(s) && scored(s) != "" {
		key := keyWhen
		if c, ok := s.When.(*read); ok && (c.when == nil || !c.when.names.has(scored(s))) {
			key = keyUnless
		}
		r.fault(n.at(key), fmt.Sprintf("an invitation to review may not depend on %s", scored(s)), reviewMend)
	}
}

const reviewMend = "invite every customer alike, whatever they said: hold: waits for open cases"

// sells returns the first sales word of a text, split at whatever is no letter.
func sells(text string) string {
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) }) {
		if oneOf(w, salesWords) {
			return w
		}
	}
	return ""
}

// isReview reports whether a step invites to review.
func isReview(s *followup.Step) bool {
	return strings.Contains(s.ID, "review") || strings.Contains(s.Message, "review")
}

// scored returns what a step's condition reads of how satisfied a customer is, or "".
func scored(s *followup.Step) string {
	c, ok := s.When.(*read)
	if !ok {
		return ""
	}
	for _, root := range []string{fnAnswered, "answers", "cases"} {
		if c.reads(root) {
			return root
		}
	}
	return ""
}

// lintReviewChains finds invitations that are reached through otherwise from a
// step that asks how satisfied a customer is.
func (r *reader) lintReviewChains(p *followup.Plan, nodes []*node) {
	for i := range p.Steps {
		s := &p.Steps[i]
		what := scored(s)
		if what == "" || isReview(s) {
			continue
		}
		at := s
		for range p.Steps {
			if at = p.Step(at.Otherwise); at == nil || at.Otherwise == s.ID {
				break
			}
			if isReview(at) {
				r.fault(nodes[i].at(keyOtherwise), fmt.Sprintf("%s is reached only when the condition of %s, which reads %s, says so", quote(at.ID), quote(s.ID), what), reviewMend)
				break
			}
		}
	}
}
