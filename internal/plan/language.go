package plan

// The language, as tables. What a key means is said here once: the parser, the
// suggestions and the JSON Schema are made of it. PLANS rule numbers are in the
// comments of what reads the values.

// One-word values.
var (
	classWords   = []string{"service", "feedback", "marketing", "recall"}
	channelWords = []string{"email", "call"}
	exitWords    = []string{"cancelled", "returned", "refunded"}
	answerWords  = []string{"works", "problem", "help", "not-yet"}
	assumeWords  = []string{"fulfilled", "paid", "ordered"}
	thenWords    = []string{"skip", "send"}
	unclearWords = []string{"park", "resend"}
)

// Names of keys that code refers to more than once.
const (
	keyAfter     = "after"
	keyBefore    = "before"
	keyEvery     = "every"
	keyWhen      = "when"
	keyUnless    = "unless"
	keyOtherwise = "otherwise"
)

func of(s *scalar) *shape                 { return &shape{scalar: s} }
func word(words ...string) *shape         { return &shape{words: words} }
func object(fields ...field) *shape       { return &shape{fields: fields} }
func listOf(item *shape, most int) *shape { return &shape{item: item, most: most} }

var lateShape = object(
	field{key: "more_than", shape: of(lengthScalar), doc: "How late is too late, counted from the due time. Absent: the plan's, else P3D."},
	field{key: "then", shape: word(thenWords...), doc: "skip: it is not sent any more; send: at the next allowed moment. Absent: the plan's, else skip."},
)

// whenFields are what after, before and every share.
var whenFields = []field{
	{key: "at", shape: of(clockScalar), doc: "At that time of day, in the customer's zone. Absent: the event's own time, 10:00 if it has only a date."},
	{key: "between", shape: of(windowScalar), doc: "Within these hours of the day, in the customer's zone; the shop's hours count too. Instead of at."},
	{key: "on", shape: word("workdays"), doc: "workdays: moved to the next workday of the customer's country (before: the previous)."},
}

var stepShape = &shape{
	holds: []string{keyAfter, keyBefore, keyEvery},
	fields: []field{
		{key: "id", shape: of(nameScalar), required: true, example: "check-in", doc: "Name of the step, unique in the plan. What was sent under it is never sent again, so never reuse one."},
		{key: "class", shape: word(classWords...), required: true, example: "service", doc: "Why we write: service, feedback, marketing or recall. It decides consent, budget and what an open case holds."},
		{key: "channel", shape: word(channelWords...), required: true, example: "email", doc: "How: email or call."},
		{key: "message", shape: of(nameScalar), required: true, example: "check-in", doc: "Name of the message; for calls the script."},
		{key: "per", shape: word("unit", "order"), doc: "unit: one follow-up for each unit; order: one for the order. Absent: order."},
		{key: keyWhen, shape: of(conditionScalar), doc: "Only while this holds; asked again just before it goes out."},
		{key: keyUnless, shape: of(conditionScalar), doc: "Not while this holds; asked again just before it goes out."},
		{key: keyAfter, doc: "Once, a time after something happened.", shape: object(append([]field{
			{key: "event", shape: of(anchorScalar), required: true, example: "delivered", doc: "What it counts from."},
			{key: "wait", shape: of(periodScalar), required: true, example: "P4D", doc: "How long after it."},
		}, whenFields...)...)},
		{key: keyBefore, doc: "Once or more, a time before a date that is known ahead.", shape: object(append([]field{
			{key: "event", shape: of(anchorScalar), required: true, example: `coverage_end("warranty")`, doc: "The date it counts back from."},
			{key: "by", shape: &shape{item: of(periodScalar), single: true, least: 1, most: 12}, required: true, example: "[P60D, P7D]", doc: "How long before it; one follow-up for each."},
		}, whenFields...)...)},
		{key: keyEvery, doc: "Again and again, counted from the start. Needs until or times.", shape: object(append([]field{
			{key: "start", shape: of(anchorScalar), required: true, example: `coverage_start("contract")`, doc: "What it counts from."},
			{key: "wait", shape: of(lengthScalar), required: true, example: "P6M", doc: "The n-th is due n times so long after the start."},
			{key: "until", shape: of(anchorScalar), doc: "All are before this date."},
			{key: "times", shape: of(timesScalar), doc: "So many, at most 120."},
		}, whenFields...)...)},
		{key: "tries", doc: "Calls: how often to try when nobody answers.", shape: object(
			field{key: "max", shape: of(triesScalar), required: true, example: "3", doc: "At most so many tries, up to 10."},
			field{key: "spacing", shape: of(daysScalar), doc: "Whole days between two tries. Absent: P1D."},
		)},
		{key: "late", shape: lateShape, doc: "How late is too late for this step."},
		{key: "hold", doc: "What an open case does to a feedback or marketing step; off: nothing.", shape: &shape{instead: []string{"off"}, fields: []field{
			{key: "while", shape: word("case_open"), doc: "The only thing that holds."},
			{key: "at_most", shape: of(lengthScalar), doc: "Held no longer than this from its due time. Absent: P14D for feedback, no limit for marketing."},
		}}},
		{key: keyOtherwise, shape: of(nameScalar), doc: "The step to take when this one did not reach the customer. That step is then planned only so."},
		{key: "unclear", shape: word(unclearWords...), doc: "When nobody can tell whether a message went out. park: a person decides; resend: once more, on evidence. Absent: resend for service and recall mail, else park."},
	},
}

var coverageShape = object(
	field{key: "name", shape: of(nameScalar), required: true, example: "warranty", doc: "Name of the coverage: warranty, return_window, any other."},
	field{key: "start", shape: of(startScalar), required: true, example: "delivered", doc: "The day it counts from; event: its dates come with unit.covered."},
	field{key: "length", shape: of(daysScalar), doc: "How long it lasts. The catalogue's length of the same name wins. Not with start: event."},
	field{key: "applies", shape: word("unit", "order"), doc: "To each unit or to the order. Absent: unit."},
)

var planShape = object(
	field{key: "plan", shape: of(nameScalar), required: true, example: "appliance", doc: "Name of the plan."},
	field{key: "version", shape: of(versionScalar), required: true, example: "1", doc: "Raise it with every change: orders on their way keep the plan they began with."},
	field{key: "about", shape: of(textScalar), doc: "What the plan promises, for people."},
	field{key: "shop", shape: of(nameScalar), doc: "Only for orders of this shop. Absent: every shop."},
	field{key: "paused", shape: of(boolScalar), doc: "true: nothing of this plan goes out until it is taken away. No change of version is needed."},
	field{key: "orders", doc: "Which orders. The first plan in the order of file names that matches an order wins.", shape: object(
		field{key: "from", shape: of(dateScalar), doc: "Orders before this day, in the shop's zone, are never written to."},
		field{key: keyWhen, shape: of(conditionScalar), doc: "Only orders for which this holds. Absent: every order."},
	)},
	field{key: "units", shape: of(conditionScalar), doc: "Which units get warranty, service and reminders: .category == \"appliance\". Absent: every unit."},
	field{key: "exit", shape: listOf(word(exitWords...), 0), doc: "What takes a unit out of the plan. Absent: cancelled, returned, refunded."},
	field{key: "delivered", doc: "What to do when the store never says delivered.", shape: object(
		field{key: "assume", required: true, example: "{after: fulfilled, wait: P5D}", doc: "Taken as delivered so long after.", shape: object(
			field{key: "after", shape: word(assumeWords...), required: true, example: "fulfilled", doc: "What it counts from."},
			field{key: "wait", shape: of(periodScalar), required: true, example: "P5D", doc: "How long after it."},
		)},
	)},
	field{key: "late", shape: lateShape, doc: "How late is too late, for every step that says nothing else."},
	field{key: "budget", doc: "At most so many per contact, over all plans; service is exempt.", shape: object(
		field{key: "email", shape: of(budgetScalar), doc: "Mails per period: 2 per P7D."},
		field{key: "call", shape: of(budgetScalar), doc: "Calls per period: 1 per P14D."},
	)},
	field{key: "coverage", shape: listOf(coverageShape, 40), doc: "What a unit is covered by, and from when."},
	field{key: "replaced", shape: word("keep", "restart"), doc: "A replacement keeps its unit's coverages; restart: they begin anew. Absent: keep."},
	field{key: "steps", shape: &shape{item: stepShape, least: 1, most: 200}, required: true, example: "and a list of steps", doc: "The planned contacts."},
)

var patternScalar = &scalar{
	what: "a pattern", json: "string", plain: asScalar, read: readText, mend: `write a glob: "WM-*"`,
}

var nameByLanguage = &shape{rest: textScalar, named: languageScalar}

var productShape = &shape{rest: daysScalar, named: nameScalar, fields: append([]field{
	{key: "sku", shape: of(patternScalar), doc: "Glob on the line's SKU: * is any run of characters, ? is one; case does not count."},
	{key: "title", shape: of(patternScalar), doc: "Glob on the line's title."},
	{key: "vendor", shape: of(patternScalar), doc: "Glob on the line's vendor."},
	{key: "product_id", shape: of(patternScalar), doc: "Glob on the store's product id."},
}, goodsFields...)}

// goodsFields are what a product and the default may both say. Any other key
// is the name of a coverage and holds its length: warranty: P24M.
var goodsFields = []field{
	{key: "category", shape: of(textScalar), doc: "What conditions call it: appliance, part, other."},
	{key: "name", shape: nameByLanguage, doc: "Short name by language, for messages: {en: washing machine}."},
	{key: "service", shape: of(daysScalar), doc: "The maker's service interval; messages may name it."},
	{key: "manual", shape: of(linkScalar), doc: "Address of the manual, https."},
}

var catalogueShape = object(
	field{key: "products", shape: listOf(productShape, 5_000), doc: "The goods. The first that matches an order line wins."},
	field{key: "default", shape: &shape{rest: daysScalar, named: nameScalar, fields: goodsFields}, doc: "What a line is that matches no product."},
)
