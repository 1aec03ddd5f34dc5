package demo

// person is a customer of the crowd.
type person struct {
	first, last, country, region, city, zone string
	phone                                    string // a number from the ranges kept for examples, or a valid-looking one
}

// cast lives in zones with and without summer time, with three kinds of weekend.
var cast = []person{
	{"Anna", "Jónsdóttir", "IS", "", "Reykjavík", "Atlantic/Reykjavik", "+3545812345"},
	{"Lukas", "Weber", "DE", "", "Hamburg", "", "+4915112345678"},
	{"Maria", "García", "ES", "", "Sevilla", "", "+34612345678"},
	{"Olivia", "Brown", "GB", "", "Leeds", "", "+447400123456"},
	{"James", "Miller", "US", "NY", "Albany", "", "+15185550123"},
	{"Emily", "Clark", "US", "CA", "Fresno", "", "+15592555012"},
	{"Noah", "Wilson", "US", "", "", "", "+12015550123"},
	{"Sara", "Ahmadi", "IR", "", "Tehran", "", "+989123456789"},
	{"Omar", "Haddad", "AE", "", "Dubai", "", "+971501234567"},
	{"Priya", "Sharma", "IN", "", "Pune", "", "+918123456789"},
	{"Bishal", "Thapa", "NP", "", "Kathmandu", "", "+9779841234567"},
	{"Yuki", "Tanaka", "JP", "", "Osaka", "", "+819012345678"},
	{"Chloe", "Martin", "AU", "NSW", "Sydney", "Australia/Lord_Howe", "+61412345678"},
	{"Lucas", "Silva", "BR", "SP", "Campinas", "", "+5511961234567"},
	{"Freya", "Hansen", "DK", "", "Aarhus", "", "+4532123456"},
	{"Giulia", "Rossi", "IT", "", "Torino", "", "+393123456789"},
}

// goods are what the crowd buys; the catalogue of plans/ knows them.
var goods = []struct {
	sku, name string
	price     int // whole euros
	with      string
}{
	{"WM-700", "Washing machine 700", 599, "HOSE-2"},
	{"WM-910", "Washing machine 910", 899, "HOSE-2"},
	{"FR-300", "Fridge 300", 749, ""},
	{"FR-120", "Table fridge 120", 129, ""},
	{"KETTLE-1", "Kettle", 39, ""},
	{"TOASTER-2", "Toaster", 49, ""},
	{"MUG-6", "Set of six mugs", 24, ""},
	{"LAMP-4", "Reading lamp", 59, ""},
}
