package engine

import "github.com/pfrun/pfrun/internal/jinja"

// reachedPairs are the connection variables that a task sees though nobody sets them. Each of a pair stands for the other; the first counts where both are set.
var reachedPairs = [][]string{
	{"ansible_connection"},
	{"ansible_ssh_host", "ansible_host"},
	{"ansible_ssh_user", "ansible_user"},
	{"ansible_ssh_port", "ansible_port"},
	{"ansible_ssh_private_key_file", "ansible_private_key_file"},
}

func reachedPair(name string) []string {
	for _, pair := range reachedPairs {
		for _, n := range pair {
			if n == name {
				return pair
			}
		}
	}
	return nil
}

// reached gives a connection variable that nobody sets: what is said of the host that the task works on, by the other of the pair, a keyword, a flag or a setting. So it is in
// Ansible (PlayContext.update_vars).
func (ht *hostTask) reached(name string) (jinja.Value, bool) {
	pair := reachedPair(name)
	if pair == nil {
		return nil, false
	}
	there := ht.Vars.Scope(ht.there())
	for _, n := range pair {
		v, ok := there.Lookup(n)
		if !ok {
			continue
		}
		if v, err := jinja.Force(ht.looking, v, there); err == nil {
			return v, true
		}
	}
	v := ht.unsaid(pair[0])
	return v, v != nil
}

// unsaid gives what keywords, flags and settings say of a connection variable; nil: nothing. A keyword about the host of the play says nothing of one that is delegated to.
func (ht *hostTask) unsaid(name string) jinja.Value {
	given := ht.Settings.Given
	switch name {
	case "ansible_connection":
		if given.Connection == "" {
			given.Connection = "ssh"
		}
		if ht.to.name != "" {
			return given.Connection
		}
		return ht.keywordOr(ht.t.Connection, given.Connection)
	case "ansible_ssh_host":
		return ht.there().Host
	case "ansible_ssh_user":
		return ht.keywordOr(ht.t.RemoteUser, given.User)
	case "ansible_ssh_port":
		if given.Port != 0 { // the keyword is not looked at, as in Ansible
			return int64(given.Port)
		}
	case "ansible_ssh_private_key_file":
		return ht.keywordOr(nil, ht.Settings.KeyFile)
	}
	return nil
}

// keywordOr computes a keyword, from the variables that are set; where it says nothing it is the other, and nil where that is empty.
func (ht *hostTask) keywordOr(keyword jinja.Value, other string) jinja.Value {
	if text, err := optionalText(ht.looking, keyword, ht.Vars.Scope(ht.view())); err == nil && text != "" {
		return text
	}
	if other == "" {
		return nil
	}
	return other
}
