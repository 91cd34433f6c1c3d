package jinja

import "slices"

// filterTable is the filters of this package: name, signature, function. The signature is what follows the input.
func filterTable() []filterDef {
	return []filterDef{
		{name: "default", signature: loose("default_value=, boolean="), fn: filterDefault, takesUnset: true, takesUnknown: true},
		{name: "mandatory", signature: sign("msg="), fn: filterMandatory, takesUnset: true, takesUnknown: true},
		{name: "type_debug", fn: filterTypeDebug, takesUnset: true, takesUnknown: true},
		{name: "ternary", signature: loose("true_val, false_val, none_val="), fn: filterTernary, takesUnknown: true},

		{name: "upper", fn: textFilter(upperCase)},
		{name: "lower", fn: textFilter(lowerCase)},
		{name: "title", fn: textFilter(jinjaTitle)},
		{name: "capitalize", fn: textFilter(capitalized)},
		{name: "trim", signature: sign("chars="), fn: filterTrim},
		{name: "replace", signature: sign("old, new, count="), fn: filterReplace},
		{name: "split", signature: sign("sep=, maxsplit="), fn: filterSplit},
		{name: "string", fn: textFilter(func(s string) string { return s })},
		{name: "format", signature: sign("*args, **kw"), fn: filterFormat},
		{name: "indent", signature: sign("width=, first=, blank="), fn: filterIndent, wantsText: true},
		{name: "wordcount", fn: filterWordCount},
		{name: "truncate", signature: sign("length=, killwords=, end=, leeway="), fn: filterTruncate},
		{name: "quote", fn: filterQuote},
		{name: "basename", fn: textFilter(baseName), wantsText: true},
		{name: "dirname", fn: textFilter(dirName), wantsText: true},
		{name: "b64encode", signature: sign("encoding=, urlsafe="), fn: filterB64Encode},
		{name: "b64decode", signature: sign("encoding=, urlsafe="), fn: filterB64Decode},
		{name: "hash", signature: sign("hashtype="), fn: filterHash},
		{name: "md5", fn: namedHash("md5")},
		{name: "sha1", fn: namedHash("sha1")},
		{name: "checksum", fn: namedHash("sha1")},
		{name: "comment", signature: sign("style=, **kw"), fn: filterComment, wantsText: true},

		{name: "int", signature: sign("default=, base="), fn: filterInt},
		{name: "float", signature: sign("default="), fn: filterFloat},
		{name: "bool", fn: filterBool},
		{name: "abs", fn: filterAbs},
		{name: "round", signature: sign("precision=, method="), fn: filterRound},
		{name: "sum", signature: sign("attribute=, start="), fn: filterSum},
		{name: "min", signature: sign("case_sensitive=, attribute="), fn: filterExtreme(-1)},
		{name: "max", signature: sign("case_sensitive=, attribute="), fn: filterExtreme(1)},
		{name: "log", signature: sign("base="), fn: filterLog},
		{name: "pow", signature: sign("y"), fn: filterPow},
		{name: "root", signature: sign("base="), fn: filterRoot},

		{name: "length", fn: filterLength, takesUnknown: true},
		{name: "list", fn: filterList, takesUnknown: true},
		{name: "first", fn: filterFirst, takesUnknown: true},
		{name: "last", fn: filterLast, takesUnknown: true},
		{name: "reverse", fn: filterReverse, takesUnknown: true},
		{name: "join", signature: sign("d=, attribute="), fn: filterJoin},
		{name: "sort", signature: sign("reverse=, case_sensitive=, attribute="), fn: filterSort},
		{name: "unique", signature: sign("case_sensitive=, attribute="), fn: filterUnique},
		{name: "map", signature: loose("*args, **kw"), fn: filterMap, takesUnknown: true},
		{name: "select", signature: sign("*args, **kw"), fn: filterSelect(false, true)},
		{name: "reject", signature: sign("*args, **kw"), fn: filterSelect(false, false)},
		{name: "selectattr", signature: sign("*args, **kw"), fn: filterSelect(true, true), takesUnknown: true},
		{name: "rejectattr", signature: sign("*args, **kw"), fn: filterSelect(true, false), takesUnknown: true},
		{name: "flatten", signature: sign("levels=, skip_nulls="), fn: filterFlatten},
		{name: "difference", signature: sign("b"), fn: setFilter((*pySet).difference, plainDifference)},
		{name: "symmetric_difference", signature: sign("b"), fn: setFilter((*pySet).symmetric, plainSymmetric)},
		{name: "union", signature: sign("b"), fn: setFilter((*pySet).union, plainUnion)},
		{name: "intersect", signature: sign("b"), fn: setFilter((*pySet).intersection, plainIntersection)},
		{name: "zip", signature: sign("*args, **kw"), fn: filterZip, takesUnknown: true},
		{name: "zip_longest", signature: sign("*args, **kw"), fn: filterZipLongest, takesUnknown: true},
		{name: "batch", signature: sign("linecount, fill_with="), fn: filterBatch},
		{name: "slice", signature: sign("slices, fill_with="), fn: filterSlice},
		{name: "groupby", signature: sign("attribute, default=, case_sensitive="), fn: filterGroupBy},
		{name: "subelements", signature: sign("subelements, skip_missing="), fn: filterSubelements},

		{name: "dict2items", signature: sign("key_name=, value_name="), fn: filterDict2Items, takesUnknown: true},
		{name: "items2dict", signature: sign("key_name=, value_name="), fn: filterItems2Dict},
		{name: "combine", signature: sign("*args, recursive=, list_merge="), fn: filterCombine},
		{name: "dictsort", signature: sign("case_sensitive=, by=, reverse="), fn: filterDictSort},
		{name: "items", fn: filterItems, takesUnknown: true},
		{name: "attr", signature: sign("name"), fn: filterAttr},
		{name: "to_json", signature: sign("*args, " + jsonOptions), fn: filterToJSON},
		{name: "to_nice_json", signature: sign("indent=, sort_keys=, *args, " + niceJSONOptions), fn: filterToNiceJSON},
		{name: "tojson", signature: sign("indent="), fn: filterHTMLJSON},
		{name: "from_json", fn: filterFromJSON},

		{name: "regex_search", signature: sign("regex, *groups, ignorecase=, multiline="), fn: filterRegexSearch},
		{name: "regex_replace", signature: sign("pattern=, replacement=, ignorecase=, multiline=, count=, mandatory_count="), fn: filterRegexReplace},
		{name: "regex_findall", signature: sign("regex, multiline=, ignorecase="), fn: filterRegexFindall},
		{name: "regex_escape", signature: sign("re_type="), fn: filterRegexEscape},

		{name: "path_join", fn: filterPathJoin},
		{name: "normpath", fn: textFilter(cleanPath), wantsText: true},
		{name: "relpath", signature: sign("start="), fn: filterRelPath, wantsText: true},
		{name: "splitext", fn: filterSplitExt, wantsText: true},
	}
}

// moreFilters are those that few templates use.
func moreFilters() []filterDef {
	return []filterDef{
		{name: "escape", fn: textFilter(escapeHTML)},
		{name: "forceescape", fn: textFilter(escapeHTML)},
		{name: "safe", fn: textFilter(func(s string) string { return s })},
		{name: "striptags", fn: textFilter(stripTags)},
		{name: "xmlattr", signature: sign("autospace="), fn: filterXMLAttr},
		{name: "urlize", signature: sign("trim_url_limit=, nofollow=, target=, rel=, extra_schemes="), fn: filterURLize},
		{name: "center", signature: sign("width="), fn: filterCenter},
		{name: "filesizeformat", signature: sign("binary="), fn: filterFileSize},
		{name: "wordwrap", signature: sign("width=, break_long_words=, wrapstring=, break_on_hyphens="), fn: filterWordWrap, wantsText: true},
		{name: "pprint", fn: filterPPrint},
		{name: "human_readable", signature: sign("isbits=, unit="), fn: filterHumanReadable},
		{name: "human_to_bytes", signature: sign("default_unit=, isbits="), fn: filterHumanToBytes},
		{name: "combinations", signature: sign("r"), fn: filterCombinations(false)},
		{name: "permutations", signature: sign("r="), fn: filterCombinations(true)},
		{name: "product", signature: sign("*args, repeat="), fn: filterProduct},
		{name: "rekey_on_member", signature: sign("key, duplicates="), fn: filterRekey},
		{name: "extract", signature: loose("container, morekeys="), fn: filterExtract},
		{name: "random", signature: sign("start=, step=, seed="), fn: filterRandom},
		{name: "shuffle", signature: sign("seed="), fn: filterShuffle},
		{name: "strftime", signature: sign("second=, utc="), fn: filterStrftime, wantsText: true},
		{name: "to_datetime", signature: sign("format="), fn: filterToDatetime},
		{name: "urlencode", fn: filterURLEncode},
		{name: "urldecode", signature: sign("encoding=, errors="), fn: filterURLDecode, wantsText: true},
		{name: "urlsplit", signature: sign("query=, alias="), fn: filterURLSplit, wantsText: true},
		{name: "to_uuid", signature: sign("namespace="), fn: filterToUUID},
		{name: "password_hash", signature: sign("hashtype=, salt=, salt_size=, rounds=, ident="), fn: filterPasswordHash},
		{name: "to_yaml", signature: sign(yamlOptions), fn: yamlFilter(false)},
		{name: "to_nice_yaml", signature: sign(yamlOptions), fn: yamlFilter(true)},
		{name: "from_yaml", fn: filterFromYAML(false)},
		{name: "from_yaml_all", fn: filterFromYAML(true)},
		{name: "vault", signature: sign("secret, salt=, vault_id=, wrap_object=, vaultid="), fn: filterVault},
		{name: "unvault", signature: sign("secret, vault_id=, vaultid="), fn: filterUnvault},
		{name: "expanduser", fn: filterExpandUser, wantsText: true},
		{name: "expandvars", fn: filterExpandVars, wantsText: true},
		{name: "realpath", fn: filterRealPath, wantsText: true},
		{name: "fileglob", fn: filterFileGlob, wantsText: true},
		{name: "commonpath", fn: filterCommonPath},
		{name: "win_basename", fn: textFilter(winBaseName), wantsText: true},
		{name: "win_dirname", fn: textFilter(winDirName), wantsText: true},
		{name: "win_splitdrive", fn: filterWinSplitDrive, wantsText: true},
	}
}

// ipFilters are those of ansible.utils for addresses; they are also known by their full names.
func ipFilters() []filterDef {
	return []filterDef{
		{name: "ipaddr", signature: sign("query=, version=, alias="), fn: ipFilter(0)},
		{name: "ipv4", signature: sign("query="), fn: ipFilter(4)},
		{name: "ipv6", signature: sign("query="), fn: ipFilter(6)},
		{name: "ipwrap", signature: sign("query="), fn: filterIPWrap},
		{name: "ipsubnet", signature: sign("query=, index="), fn: filterIPSubnet},
		{name: "ipmath", signature: sign("amount"), fn: filterIPMath},
		{name: "next_nth_usable", signature: sign("offset"), fn: nthUsable(1)},
		{name: "previous_nth_usable", signature: sign("offset"), fn: nthUsable(-1)},
		{name: "network_in_network", signature: sign("test"), fn: filterInNetwork(false)},
		{name: "network_in_usable", signature: sign("test"), fn: filterInNetwork(true)},
		{name: "reduce_on_network", signature: sign("network"), fn: filterReduce},
		{name: "nthhost", signature: sign("query="), fn: filterNthHost},
		{name: "cidr_merge", signature: sign("action="), fn: filterMerge},
		{name: "slaac", signature: sign("query="), fn: filterSLAAC},
		{name: "hwaddr", signature: sign("query=, alias="), fn: filterMAC},
		{name: "macaddr", signature: sign("query="), fn: filterMAC},
		{name: "ip4_hex", signature: sign("delimiter="), fn: filterIP4Hex},
	}
}

// jsonOptions and niceJSONOptions are the arguments of to_json and to_nice_json that are given by name. Those behind separators change nothing.
const (
	jsonOptions     = "indent=, sort_keys=, ensure_ascii=, separators=, profile=, vault_to_text=, preprocess_unsafe=, skipkeys=, allow_nan=, check_circular="
	niceJSONOptions = "ensure_ascii=, separators=, profile=, vault_to_text=, preprocess_unsafe=, skipkeys=, allow_nan=, check_circular="
)

// yamlOptions are the arguments of to_yaml and to_nice_yaml. Unicode is always written as it is; the names that change nothing are accepted.
const yamlOptions = "indent=, width=, sort_keys=, default_flow_style=, explicit_start=, explicit_end=, default_style=, allow_unicode=, line_break=, encoding="

// filterAliases are second names.
var filterAliases = map[string]string{"d": "default", "count": "length", "e": "escape"}

// loose is sign for a callee that takes undefined arguments.
func loose(text string) signature {
	s := sign(text)
	s.undefinedArgs = true
	return s
}

func builtinFilters() map[string]*filterDef {
	table := slices.Concat(filterTable(), moreFilters())
	m := make(map[string]*filterDef, len(table)+len(filterAliases))
	for i := range table {
		m[table[i].name] = &table[i]
	}
	for _, def := range ipFilters() {
		m[def.name], m["ansible.utils."+def.name] = &def, &def
	}
	for alias, name := range filterAliases {
		m[alias] = m[name]
	}
	return m
}

// textFilter is a filter that makes a text of a text.
func textFilter(fn func(string) string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return fn(c.input()), nil }
}
