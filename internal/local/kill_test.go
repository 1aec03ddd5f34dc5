package local_test

func child(string) int { return 2 }
const childWhat = "AFTERSALES_TEST_CHILD"
