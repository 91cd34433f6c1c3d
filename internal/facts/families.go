package facts

import "strings"

// debianFamily tells Debian and what comes of it apart.
func (r *Raw) debianFamily(text string) Tree {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	version := submatch(`VERSION_ID="(.*)"`, text)
	switch {
	case has("Debian", "Raspbian"):
		return found("distribution", "Debian", "distribution_release", submatch(`PRETTY_NAME=[^(]+ \(?([^)]+?)\)`, text),
			"distribution_minor_version", submatch(`\d+\.(\d+)`, r.file("/etc/debian_version")))
	case has("LMDE"):
		return Tree{"distribution": "Linux Mint Debian Edition"}
	case has("Ubuntu"):
		return Tree{"distribution": "Ubuntu"}
	case has("SteamOS"):
		return Tree{"distribution": "SteamOS"}
	case has("Kali"):
		return found("distribution", "Kali", "distribution_release", submatch(`DISTRIB_RELEASE=(.*)`, text))
	case has("Parrot"):
		return found("distribution", "Parrot", "distribution_release", submatch(`DISTRIB_RELEASE=(.*)`, text))
	case has("Devuan"):
		return found("distribution", "Devuan", "distribution_release", submatch(`PRETTY_NAME="?[^("]+ \(?([^) "]+)\)?`, text),
			"distribution_version", version, "distribution_major_version", version)
	case has("Cumulus"):
		version = submatch(`VERSION_ID=(.*)`, text)
		return found("distribution", "Cumulus Linux", "distribution_version", version, "distribution_major_version", major(version),
			"distribution_release", submatch(`VERSION="(.*)"`, text))
	case has("Mint"):
		return found("distribution", "Linux Mint", "distribution_version", version, "distribution_major_version", major(version))
	case has("UOS", "Uos", "uos"):
		return named("Uos", text, version)
	case has("Deepin", "deepin"):
		return named("Deepin", text, version)
	}
	return nil
}

func named(name, text, version string) Tree {
	return found("distribution", name, "distribution_release", submatch(`VERSION_CODENAME="?([^"\n]+)"?`, text), "distribution_version", version,
		"distribution_major_version", major(version))
}

// suseFamily tells SUSE's distributions apart.
func (r *Raw) suseFamily(path, text string, guess Tree) Tree {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "suse") {
		return nil
	}
	t := Tree{}
	if path == "/etc/os-release" {
		t = suseRelease(text, lower)
	} else {
		t = oldSuse(text, lower, guess)
	}
	switch product := strings.TrimSpace(r.sections["baseproduct"]); submatch(`(?m)^VARIANT_ID="?([^"\n]*)"?`, text) {
	case "server-sap", "sles-sap":
		t["distribution"] = "SLES_SAP"
	case "transactional":
		t["distribution"] = "SL-Micro"
	case "":
		if strings.HasSuffix(product, "SLES_SAP.prod") {
			t["distribution"] = "SLES_SAP"
		} else if strings.HasSuffix(product, "SL-Micro.prod") {
			t["distribution"] = "SL-Micro"
		}
	}
	return t
}

// suseRelease reads os-release(5), where the minor number is what Ansible calls the release.
func suseRelease(text, lower string) Tree {
	version := submatch(`(?m)^VERSION_ID="?([0-9]+\.?[0-9]*)"?`, text)
	t := found("distribution", strings.Trim(submatch(`(?m)^NAME=(.*)`, text), `"`), "distribution_version", version, "distribution_major_version", major(version))
	if version == "" {
		return t
	}
	_, minor, _ := strings.Cut(version, ".")
	switch {
	case strings.Contains(lower, "open"):
		t["distribution_release"] = minor
	case strings.Contains(lower, "enterprise"):
		if minor == "" {
			minor = "0"
		}
		t["distribution_release"] = minor
	}
	return t
}

// oldSuse reads SuSE-release, which older versions have.
func oldSuse(text, lower string, guess Tree) Tree {
	if strings.Contains(lower, "open") {
		return found("distribution", strings.Fields(text)[0], "distribution_release", strings.TrimSpace(submatch(`CODENAME *= *([^\n]+)`, text)))
	}
	t := Tree{}
	switch {
	case strings.Contains(text, "Server"):
		t["distribution"] = "SLES"
	case strings.Contains(text, "Desktop"):
		t["distribution"] = "SLED"
	}
	if level := submatch(`PATCHLEVEL = ([0-9]+)`, text); level != "" {
		version, _ := guess["distribution_version"].(string)
		t["distribution_release"], t["distribution_version"] = level, version+"."+level
	}
	return t
}
