package jinja_test

// notYet are the measured cases that do not give what ansible-core 2.19 gives, with the reason.
var notYet = map[string]string{}
