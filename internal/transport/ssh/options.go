package ssh

import (
	"slices"
	"strings"
)

// settable are the options of ssh that pfrun has, by their names in lower case, each with what reads its value.
var settable = map[string]func(*Overrides, string) error{
	"hostname":      func(o *Overrides, v string) error { o.HostName = v; return nil },
	"user":          func(o *Overrides, v string) error { o.User = v; return nil },
	"port":          func(o *Overrides, v string) (err error) { o.Port, err = number(v, 1, 65535); return err },
	"addressfamily": setAddressFamily,
	"bindaddress":   func(o *Overrides, v string) error { o.BindAddress = v; return nil },
	"proxyjump":     setProxyJump,
	"proxycommand":  setProxyCommand,

	"identityfile":    setIdentityFile,
	"certificatefile": setCertificateFile,
	"identitiesonly":  func(o *Overrides, v string) (err error) { o.IdentitiesOnly, err = yesNo(v); return err },
	"identityagent":   setIdentityAgent,
	"forwardagent":    setForwardAgent,

	"userknownhostsfile":    func(o *Overrides, v string) (err error) { o.KnownHosts, err = fileList(v); return err },
	"globalknownhostsfile":  func(o *Overrides, v string) (err error) { o.GlobalKnownHosts, err = fileList(v); return err },
	"revokedhostkeys":       func(o *Overrides, v string) (err error) { o.RevokedHostKeys, err = fileList(v); return err },
	"hostkeyalias":          func(o *Overrides, v string) error { o.HostKeyAlias = v; return nil },
	"hashknownhosts":        func(o *Overrides, v string) (err error) { o.HashKnownHosts, err = yesNo(v); return err },
	"stricthostkeychecking": setPolicy,
	"requiredrsasize":       func(o *Overrides, v string) (err error) { o.RequiredRSASize, err = number(v, 1, 1<<16); return err },

	"batchmode":                func(o *Overrides, v string) (err error) { o.Batch, err = yesNo(v); return err },
	"connecttimeout":           func(o *Overrides, v string) (err error) { o.ConnectTimeout, err = seconds(v); return err },
	"connectionattempts":       func(o *Overrides, v string) (err error) { o.Attempts, err = number(v, 1, 1000); return err },
	"serveraliveinterval":      func(o *Overrides, v string) (err error) { o.KeepAlive, err = seconds(v); return err },
	"serveralivecountmax":      func(o *Overrides, v string) (err error) { o.KeepAliveCount, err = number(v, 1, 1000); return err },
	"preferredauthentications": setMethods,
	"setenv":                   setEnv,

	"pubkeyauthentication":            setPublicKey,
	"passwordauthentication":          func(o *Overrides, v string) error { return o.setMethod(methodPassword, v) },
	"kbdinteractiveauthentication":    func(o *Overrides, v string) error { return o.setMethod(methodKeyboard, v) },
	"challengeresponseauthentication": func(o *Overrides, v string) error { return o.setMethod(methodKeyboard, v) },

	"hostkeyalgorithms":        func(o *Overrides, v string) (err error) { o.HostKeyAlgorithms, err = hostKeyList(v); return err },
	"kexalgorithms":            func(o *Overrides, v string) (err error) { o.KexAlgorithms, err = kexList(v); return err },
	"ciphers":                  func(o *Overrides, v string) (err error) { o.Ciphers, err = cipherList(v); return err },
	"macs":                     func(o *Overrides, v string) (err error) { o.MACs, err = macList(v); return err },
	"casignaturealgorithms":    func(o *Overrides, v string) (err error) { o.CASignatureAlgorithms, err = caList(v); return err },
	"pubkeyacceptedalgorithms": func(o *Overrides, v string) (err error) { o.PublicKeyAlgorithms, err = publicKeyList(v); return err },
	"pubkeyacceptedkeytypes":   func(o *Overrides, v string) (err error) { o.PublicKeyAlgorithms, err = publicKeyList(v); return err },
}

// repeated are the options of which every one counts, not only the first.
var repeated = []string{"identityfile", "certificatefile", "setenv"}

// anyValue are the options that mean nothing here, whatever their value: the sharing of connections, what is shown on a terminal, what ssh opens beside a session, what
// only methods have that pfrun does not try.
var anyValue = words(`addkeystoagent canonicaldomains canonicalizefallbacklocal canonicalizemaxdots canonicalizepermittedcnames channeltimeout clearallforwardings compression
	compressionlevel controlmaster controlpath controlpersist enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash forwardx11timeout
	gatewayports gssapiclientidentity gssapikexalgorithms gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms hostbasedkeytypes ipqos
	kbdinteractivedevices loglevel logverbose numberofpasswordprompts obscurekeystroketiming permitremoteopen rekeylimit securitykeyprovider smartcarddevice stdinnull
	streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tunneldevice updatehostkeys useprivilegedport useroaming versionaddendum visualhostkey
	warnweakcrypto xauthlocation`)

// someValues are the options of which these values mean nothing here, and others ask for what pfrun has not.
var someValues = map[string][]string{
	"canonicalizehostname": {"no", "false", "none"}, "checkhostip": {"no", "false"}, "dynamicforward": {"none"}, "forkafterauthentication": {"no", "false"},
	"forwardx11": {"no", "false"}, "forwardx11trusted": {"no", "false"}, "gssapiauthentication": {"no", "false"}, "gssapidelegatecredentials": {"no", "false"},
	"gssapikeyexchange": {"no", "false"}, "hostbasedauthentication": {"no", "false"}, "knownhostscommand": {"none"}, "localforward": {"none"},
	"nohostauthenticationforlocalhost": {"no", "false"}, "permitlocalcommand": {"no", "false"}, "pkcs11provider": {"none"}, "protocol": {"2"}, "proxyusefdpass": {"no", "false"},
	"refuseconnection": {"none"}, "remotecommand": {"none"}, "remoteforward": {"none"}, "requesttty": {"no", "auto", "false"}, "sendenv": {"LANG", "LC_*", "LANG LC_*"},
	"sessiontype": {"default"}, "tunnel": {"no", "false", "none"}, "verifyhostkeydns": {"no", "false"},
}

// remedies say, of options that are not supported, what to do instead.
var remedies = map[string]string{
	"bindinterface":                    "give the interface's address with BindAddress",
	"canonicalizehostname":             "set it in ssh_config, where ssh -G applies it, or write the full name into ansible_host",
	"include":                          "put it into ssh_config, or name the file with -F",
	"knownhostscommand":                "write the keys into a file, and name it with UserKnownHostsFile",
	"localcommand":                     "run it in a task, with delegate_to: localhost",
	"match":                            "put it into ssh_config",
	"host":                             "put it into ssh_config",
	"permitlocalcommand":               "run the command in a task, with delegate_to: localhost",
	"pkcs11provider":                   "load the token into an agent: ssh-add -s PROVIDER",
	"proxyusefdpass":                   "use a ProxyCommand that carries the connection, such as nc %h %p",
	"refuseconnection":                 "it says that this host is not to be connected to",
	"remotecommand":                    "set RemoteCommand=none for this host: a task's program could not run",
	"requesttty":                       "a terminal is asked for where become needs one",
	"sendenv":                          "set the variable with SetEnv or in a task's environment; the locale is pfrun's own affair",
	"sessiontype":                      "set SessionType=default for this host: a task's program could not run",
	"verifyhostkeydns":                 "record the host's key, or its certificate authority, in known_hosts",
	"checkhostip":                      "record the key under the name and the address",
	"gssapiauthentication":             "use a key, a certificate or a password",
	"forwardx11":                       "leave it out: a task has no use for it",
	"localforward":                     "leave it out: modules reach the host's own network by themselves",
	"dynamicforward":                   "leave it out: modules reach the host's own network by themselves",
	"remoteforward":                    "open it with ssh beside pfrun",
	"tunnel":                           "open it with ssh beside pfrun",
	"hostbasedauthentication":          "use a key, a certificate or a password",
	"nohostauthenticationforlocalhost": "record the key: ssh-keyscan localhost",
}

// blocking are the options that, set in a configuration file, keep ssh from reaching the host in the way that pfrun would: they are refused there too.
var blocking = words("bindinterface knownhostscommand pkcs11provider proxyusefdpass refuseconnection remotecommand sessiontype")

func words(s string) []string { return strings.Fields(s) }

// without says what is wrong with an option that pfrun has no setting for, or nothing where it means nothing here.
func without(name, label, value string) string {
	if slices.Contains(anyValue, name) {
		return ""
	}
	accepted, known := someValues[name]
	if containsFold(accepted, value) {
		return ""
	}
	text := label
	if value != "" && (known || remedies[name] != "") {
		text += "=" + value
	}
	text += " is not supported"
	switch {
	case remedies[name] != "":
		text += ": " + remedies[name]
	case known:
		text += ", only " + strings.Join(accepted, ", ")
	}
	return text
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return strings.EqualFold(l, s) })
}
