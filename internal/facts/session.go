package facts

import (
	"strconv"
	"strings"
	"time"
)

// cmdline gives the parameters of the kernel: of one that is given several times the last in cmdline, all in proc_cmdline.
func cmdline(r *Raw) Tree {
	text := r.file("/proc/cmdline")
	if text == "" {
		return nil
	}
	last, all := Tree{}, Tree{}
	for _, word := range quotedWords(text) {
		key, value, has := strings.Cut(word, "=")
		if !has {
			last[key], all[key] = true, true
			continue
		}
		last[key] = value
		switch old := all[key].(type) {
		case nil:
			all[key] = value
		case []any:
			all[key] = append(old, value)
		default:
			all[key] = []any{old, value}
		}
	}
	return Tree{"cmdline": last, "proc_cmdline": all}
}

// quotedWords splits at white space outside of quotes, and keeps the quotes. A quote without an end gives no words at all.
func quotedWords(text string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, c := range text {
		switch {
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			end()
			continue
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
		word.WriteRune(c)
	}
	if quote != 0 {
		return nil
	}
	end()
	return words
}

func dateTime(r *Raw) Tree {
	f := strings.Split(strings.TrimSpace(r.sections["date"]), "|")
	if len(f) != 13 {
		return nil
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	micro := "000000"
	if _, err := strconv.ParseUint(f[12], 10, 64); err == nil && len(f[12]) == 9 {
		micro = f[12][:6]
	}
	date, clock := f[0]+"-"+f[1]+"-"+f[5], f[6]+":"+f[7]+":"+f[8]
	basic := f[0] + f[1] + f[5] + "T" + f[6] + f[7] + f[8]
	utc := time.Unix(number(f[9]), 0).UTC().Format("2006-01-02T15:04:05")
	return Tree{"date_time": Tree{
		"year": f[0], "month": f[1], "weekday": f[2], "weekday_number": f[3], "weeknumber": f[4], "day": f[5], "hour": f[6], "minute": f[7], "second": f[8],
		"epoch": f[9], "epoch_int": f[9], "date": date, "time": clock, "iso8601": utc + "Z", "iso8601_micro": utc + "." + micro + "Z",
		"iso8601_basic": basic + micro, "iso8601_basic_short": basic, "tz": f[10], "tz_offset": f[11], "tz_dst": r.summerZone(f[10]),
	}}
}

// summerZone gives the name of the zone in the half of the year that is further east.
func (r *Raw) summerZone(now string) string {
	zones := r.lines("zones")
	if len(zones) != 2 {
		return now
	}
	offset, name, _ := strings.Cut(zones[0], " ")
	other, otherName, _ := strings.Cut(zones[1], " ")
	if number(other) < number(offset) {
		return name
	}
	return otherName
}

// environment gives the variables of the login that looks, without LC_ALL, which pfrun sets for its looks.
func environment(r *Raw) Tree {
	env := Tree{}
	for _, line := range r.lines("env") {
		if name, value, ok := strings.Cut(line, "="); ok && name != "LC_ALL" {
			env[name] = strings.ReplaceAll(value, "\x01", "\n")
		}
	}
	return Tree{"env": env}
}

func loadavg(r *Raw) Tree {
	f := strings.Fields(r.file("/proc/loadavg"))
	if len(f) < 3 {
		return nil
	}
	t := Tree{}
	for i, name := range []string{"1m", "5m", "15m"} {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return nil
		}
		t[name] = v
	}
	return Tree{"loadavg": t}
}

// sshKeys gives the public keys of the first folder that has any.
func sshKeys(r *Raw) Tree {
	t := Tree{}
	for _, dir := range []string{"/etc/ssh", "/etc/openssh", "/etc"} {
		for _, algorithm := range []string{"dsa", "rsa", "ecdsa", "ed25519"} {
			words := strings.Fields(r.file(dir + "/ssh_host_" + algorithm + "_key.pub"))
			if len(words) > 1 {
				name := "ssh_host_key_" + algorithm + "_public"
				t[name], t[name+"_keytype"] = words[1], words[0]
			}
		}
		if len(t) > 0 {
			return t
		}
	}
	return t
}

func user(r *Raw) Tree {
	ids := append(r.lines("user"), "", "", "", "")
	t := Tree{"real_user_id": number(ids[0]), "effective_user_id": number(ids[1]), "real_group_id": number(ids[2]), "effective_group_id": number(ids[2])}
	l := r.lines("passwd")
	if len(l) == 0 {
		return t
	}
	t["user_id"] = l[0]
	if len(l) < 2 {
		return t
	}
	if f := strings.Split(l[1], ":"); len(f) >= 7 {
		t["user_uid"], t["user_gid"], t["user_gecos"], t["user_dir"], t["user_shell"] = number(f[2]), number(f[3]), f[4], f[5], f[6]
	}
	return t
}

// dns reads resolv.conf(5).
func dns(r *Raw) Tree {
	t := Tree{}
	for line := range strings.Lines(r.files["/etc/resolv.conf"]) {
		w := strings.Fields(line)
		if len(w) == 0 || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		switch w[0] {
		case "nameserver":
			old, _ := t["nameservers"].([]any)
			t["nameservers"] = append(old, list(w[1:])...)
		case "domain":
			if len(w) > 1 {
				t["domain"] = w[1]
			}
		case "search", "sortlist":
			t[w[0]] = list(w[1:])
		case "options":
			t["options"] = resolverOptions(w[1:])
		}
	}
	return Tree{"dns": t}
}

func resolverOptions(words []string) Tree {
	t := Tree{}
	for _, w := range words {
		name, value, _ := strings.Cut(w, ":")
		if t[name] = true; value != "" {
			t[name] = value
		}
	}
	return t
}

func iscsi(r *Raw) Tree {
	for line := range strings.Lines(r.files["/etc/iscsi/initiatorname.iscsi"]) {
		if name, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "InitiatorName="); ok {
			return Tree{"iscsi_iqn": name}
		}
	}
	return Tree{"iscsi_iqn": ""}
}

func nvme(r *Raw) Tree {
	for line := range strings.Lines(r.files["/etc/nvme/hostnqn"]) {
		if strings.HasPrefix(line, "nqn.") {
			return Tree{"hostnqn": strings.TrimRight(line, "\r\n")}
		}
	}
	return Tree{"hostnqn": ""}
}

func fibreChannel(r *Raw) Tree {
	names := []any{}
	for _, line := range r.lines("fc") {
		if _, name, ok := strings.Cut(line, ":"); ok && len(name) > 2 {
			names = append(names, strings.TrimSpace(name)[2:])
		}
	}
	return Tree{"fibre_channel_wwn": names}
}
