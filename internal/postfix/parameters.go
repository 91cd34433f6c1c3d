package postfix

import (
	_ "embed" // the table of parameters
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
)

// parameterTable has a line for each built-in parameter of Postfix 3.5 to 3.12: its name; text, raw (text in which $ is not expanded), bool, int or
// time; the oldest and, where it went away, the newest series that has it (3.5 stands for "3.5 or older"; what came to a series with a later patch
// release counts as in it); min= and max=, for texts of their length; the programs that read it: all, tls for those that speak TLS, or - for a name
// that is kept for old files or that only postconf knows.
//
//go:embed parameters.txt
var parameterTable string

// kind is what a parameter's value has to be.
type kind string

const (
	kindText kind = "text"
	kindRaw  kind = "raw"
	kindBool kind = "bool"
	kindInt  kind = "int"
	kindTime kind = "time"
)

type parameter struct {
	kind         kind
	since, until string // until is "" where the newest series has it
	min, max     int    // 0: no bound
	programs     []string
}

var parameters = sync.OnceValue(func() map[string]parameter {
	table := map[string]parameter{}
	for line := range strings.Lines(parameterTable) {
		f := strings.Fields(line)
		p := parameter{kind: kind(f[1]), programs: strings.Split(f[len(f)-1], ",")}
		p.since, p.until, _ = strings.Cut(f[2], "-")
		for _, bound := range f[3 : len(f)-1] {
			if s, ok := strings.CutPrefix(bound, "min="); ok {
				p.min, _ = strconv.Atoi(s) // a test reads the table
			} else {
				p.max, _ = strconv.Atoi(strings.TrimPrefix(bound, "max="))
			}
		}
		table[f[0]] = p
	}
	return table
})

// KnownParameter reports whether Postfix has a parameter of that name built in. [Unknown] asks the whole question.
func KnownParameter(name string) bool {
	_, ok := parameters()[name]
	return ok
}

// ParameterNames gives the names of the built-in parameters in order.
func ParameterNames() []string { return slices.Sorted(maps.Keys(parameters())) }

// Since gives the series of Postfix that have a built-in parameter: from, such as "3.9" ("3.5" means 3.5 or older), and the last one where it is gone
// since, else "". Both are empty for a name that is not built in.
func Since(name string) (from, last string) {
	p := parameters()[name]
	return p.since, p.until
}

// IsRaw reports whether Postfix leaves $name alone in the value of a parameter when it reads main.cf, as in default_rbl_reply, where it stands for
// something of the moment. Such a value is not for [Expand].
func IsRaw(name string) bool { return parameters()[name].kind == kindRaw }

// SuggestParameter gives a hint that names the built-in parameter nearest to a mistyped name, or "".
func SuggestParameter(name string) string { return diag.DidYouMean(name, ParameterNames()) }

// serviceSuffixes end the names of the parameters that every delivery transport (and, for _time_limit, every pipe and spawn service) of master.cf
// has after its own name.
var serviceSuffixes = map[string]kind{
	"_delivery_slot_cost":                          kindInt,
	"_delivery_slot_discount":                      kindInt,
	"_delivery_slot_loan":                          kindInt,
	"_destination_concurrency_failed_cohort_limit": kindInt,
	"_destination_concurrency_limit":               kindInt,
	"_destination_concurrency_negative_feedback":   kindText,
	"_destination_concurrency_positive_feedback":   kindText,
	"_destination_rate_delay":                      kindTime,
	"_destination_recipient_limit":                 kindInt,
	"_extra_recipient_limit":                       kindInt,
	"_initial_destination_concurrency":             kindInt,
	"_minimum_delivery_slots":                      kindInt,
	"_recipient_limit":                             kindInt,
	"_recipient_refill_delay":                      kindTime,
	"_recipient_refill_limit":                      kindInt,
	"_time_limit":                                  kindTime,
	"_transport_rate_delay":                        kindTime,
}

// serviceParameter cuts the name of a service's parameter: slow_destination_rate_delay is of the service slow. There may be more than one way to cut.
func serviceParameter(name string) (services []string, k kind) {
	for suffix, sk := range serviceSuffixes {
		if service, ok := strings.CutSuffix(name, suffix); ok && service != "" {
			services = append(services, service)
			k = sk
		}
	}
	return services, k
}

// databases are the map types whose old notation takes its settings from main.cf: ldap:foo from foo_server_host and so on.
var databases = []string{"ldap", "memcache", "mongodb", "mysql", "pgsql", "sqlite"}

// Unknown reports whether nothing uses a parameter of that name, so that setting it is a mistake; `postconf` says "unused parameter". Used are the
// built-in ones, those of the services of master.cf, the restriction classes, the settings of an old-style database table, and what the value of a
// parameter refers to as $name.
//
// m is main.cf as it is going to be, since one setting may use another; nil stands for an empty file. With an empty master.cf the name of any service
// is taken for granted.
func Unknown(name string, m *Main, masterText string) bool {
	if KnownParameter(name) {
		return false
	}
	if m == nil {
		m = &Main{}
	}
	master := ParseMaster(masterText).Services()
	owners, _ := serviceParameter(name)
	for _, owner := range owners {
		if masterText == "" || slices.ContainsFunc(master, func(s Service) bool { return s.Name == owner }) {
			return false
		}
	}
	if slices.Contains(m.RestrictionClasses(), name) || usedBy(name, m.Parameters(), m.Lookup) {
		return false
	}
	for _, s := range master {
		own := func(n string) (string, bool) {
			if v, set := s.Lookup(n); set {
				return v, true
			}
			return m.Lookup(n)
		}
		local := slices.ContainsFunc(s.Overrides, func(p Parameter) bool { return p.Name == name })
		if !local && usedBy(name, s.Overrides, own) { // a service that sets the name uses its own
			return false
		}
	}
	return true
}

// usedBy reports whether one of the settings refers to a parameter, as $name, as a restriction class, or as a setting of a database table.
func usedBy(name string, settings []Parameter, lookup func(string) (string, bool)) bool {
	return slices.ContainsFunc(settings, func(p Parameter) bool {
		known := parameters()[p.Name].kind
		if names, _ := References(p.Value); slices.Contains(names, name) && !IsRaw(p.Name) {
			return true
		}
		if p.Name == "smtpd_restriction_classes" && slices.Contains(splitWords(p.Value), name) {
			return true
		}
		services, _ := serviceParameter(p.Name)
		if known == "" && len(services) == 0 { // Postfix opens no table that is named here
			return false
		}
		value, err := Expand(p.Value, lookup)
		return err == nil && slices.ContainsFunc(databaseTables(value), func(table string) bool { return strings.HasPrefix(name, table+"_") })
	})
}

// databaseTables gives the names of the tables with old-style settings in a value, those inside of braces too.
func databaseTables(value string) []string {
	var out []string
	for _, word := range splitWords(value) {
		parts := splitList(word, ":")
		for i, part := range parts {
			if inside, ok := strings.CutPrefix(part, "{"); ok {
				out = append(out, databaseTables(strings.TrimSuffix(inside, "}"))...)
			} else if i > 0 && slices.Contains(databases, parts[i-1]) && !strings.ContainsAny(part[:1], "/.") {
				out = append(out, part)
			}
		}
	}
	return out
}

// RestrictionClasses gives the names that smtpd_restriction_classes lists.
func (m *Main) RestrictionClasses() []string {
	value, _ := m.Lookup("smtpd_restriction_classes")
	if expanded, err := Expand(value, m.Lookup); err == nil {
		value = expanded
	}
	return splitWords(value)
}
