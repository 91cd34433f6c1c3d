// Package ansiblecfg reads ansible.cfg and the environment's ANSIBLE_*, as ansible-core 2.19 does: where the file is looked for, how it is read, which of file and environment wins, what
// the values may be.
//
// settings.txt holds all settings, and what each does here: it is honoured, it means nothing, or it asks for what pfrun has not, which is a warning that names it. The fields of Config
// are those that are honoured.
package ansiblecfg

import (
	"fmt"
	"os"
	"reflect"
	"strings"
)

// Config is what the settings say. A field that holds nothing was not set and has no default.
type Config struct {
	File     string   // the ansible.cfg that was read; empty: there is none
	Warnings []string // settings that are not honoured as they stand, and what is odd about the file

	Home string `cfg:"ANSIBLE_HOME"`

	// Which hosts, and what runs on them.
	Inventory               []string `cfg:"DEFAULT_HOST_LIST"`
	InventoryPlugins        []string `cfg:"INVENTORY_ENABLED"`
	InventoryUseExtraVars   bool     `cfg:"INVENTORY_USE_EXTRA_VARS"`
	InventoryExport         bool     `cfg:"INVENTORY_EXPORT"`
	PlaybookDir             string   `cfg:"PLAYBOOK_DIR"`
	InventoryUnparsedWarns  bool     `cfg:"INVENTORY_UNPARSED_WARNING"`
	EmptyInventoryWarns     bool     `cfg:"LOCALHOST_WARNING"`
	HostPatternMismatch     string   `cfg:"HOST_PATTERN_MISMATCH"` // error, warning, ignore
	TransformGroupNames     string   `cfg:"TRANSFORM_INVALID_GROUP_CHARS"`
	RolesPath               []string `cfg:"DEFAULT_ROLES_PATH"`
	CollectionsPath         []string `cfg:"COLLECTIONS_PATHS"`
	CollectionVersionDiffer string   `cfg:"COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH"`
	TagsRun                 []string `cfg:"TAGS_RUN"`
	TagsSkip                []string `cfg:"TAGS_SKIP"`
	RetryFiles              bool     `cfg:"RETRY_FILES_ENABLED"`
	RetryFilesPath          string   `cfg:"RETRY_FILES_SAVE_PATH"` // empty: beside the playbook

	// How plays and tasks run.
	Forks                 int      `cfg:"DEFAULT_FORKS"`
	Strategy              string   `cfg:"DEFAULT_STRATEGY"`  // linear, free, host_pinned, perhaps behind ansible.builtin.
	Gathering             string   `cfg:"DEFAULT_GATHERING"` // implicit, explicit, smart
	FactsModules          []string `cfg:"FACTS_MODULES"`
	AnyErrorsFatal        bool     `cfg:"ANY_ERRORS_FATAL"`
	ForceHandlers         bool     `cfg:"DEFAULT_FORCE_HANDLERS"`
	ErrorOnMissingHandler bool     `cfg:"ERROR_ON_MISSING_HANDLER"`
	InvalidKeywordFails   bool     `cfg:"INVALID_TASK_ATTRIBUTE_FAILED"`
	NoLog                 bool     `cfg:"DEFAULT_NO_LOG"`
	TaskTimeout           int      `cfg:"TASK_TIMEOUT"`          // seconds; 0: none
	PollInterval          int      `cfg:"DEFAULT_POLL_INTERVAL"` // seconds

	// Variables.
	HashBehaviour      string   `cfg:"DEFAULT_HASH_BEHAVIOUR"`
	VariablePrecedence []string `cfg:"VARIABLE_PRECEDENCE"`
	VarsPlugins        []string `cfg:"VARIABLE_PLUGINS_ENABLED"`
	PlaybookVarsRoot   string   `cfg:"PLAYBOOK_VARS_ROOT"`
	InjectFactsAsVars  bool     `cfg:"INJECT_FACTS_AS_VARS"`
	DuplicateKey       string   `cfg:"DUPLICATE_YAML_DICT_KEY"`
	Managed            string   `cfg:"DEFAULT_MANAGED_STR"`
	FactCache          string   `cfg:"CACHE_PLUGIN"` // memory, jsonfile
	FactCachePath      string   `cfg:"CACHE_PLUGIN_CONNECTION"`
	FactCachePrefix    string   `cfg:"CACHE_PLUGIN_PREFIX"`
	FactCacheTimeout   int      `cfg:"CACHE_PLUGIN_TIMEOUT"` // seconds; 0: never old

	// The way to a host.
	Connection           string `cfg:"DEFAULT_TRANSPORT"`
	RemoteUser           string `cfg:"DEFAULT_REMOTE_USER"`
	RemotePort           int    `cfg:"DEFAULT_REMOTE_PORT"`
	PrivateKeyFile       string `cfg:"DEFAULT_PRIVATE_KEY_FILE"`
	PrivateRoleVars      *bool  `cfg:"DEFAULT_PRIVATE_ROLE_VARS"` // nil: not said
	PrivateKey           string `cfg:"PRIVATE_KEY"`
	PrivateKeyPassphrase string `cfg:"PRIVATE_KEY_PASSPHRASE"`
	Timeout              int    `cfg:"DEFAULT_TIMEOUT"` // seconds
	SSHTimeout           int    `cfg:"SSH_TIMEOUT"`     // seconds
	SSHRetries           int    `cfg:"SSH_RETRIES"`
	SSHArgs              string `cfg:"SSH_ARGS"`
	SSHCommonArgs        string `cfg:"SSH_COMMON_ARGS"`
	SSHExtraArgs         string `cfg:"SSH_EXTRA_ARGS"`
	SSHPasswordMechanism string `cfg:"SSH_PASSWORD_MECHANISM"`
	SSHAgent             string `cfg:"SSH_AGENT"`
	HostKeyChecking      bool   `cfg:"HOST_KEY_CHECKING"`
	SSHHostKeyChecking   bool   `cfg:"SSH_HOST_KEY_CHECKING"`
	AskPass              bool   `cfg:"DEFAULT_ASK_PASS"`
	PasswordFile         string `cfg:"CONNECTION_PASSWORD_FILE"`
	Become               bool   `cfg:"DEFAULT_BECOME"`
	BecomeMethod         string `cfg:"DEFAULT_BECOME_METHOD"`
	BecomeUser           string `cfg:"DEFAULT_BECOME_USER"`
	BecomeExe            string `cfg:"DEFAULT_BECOME_EXE"`
	BecomeFlags          string `cfg:"DEFAULT_BECOME_FLAGS"`
	BecomeAsk            bool   `cfg:"DEFAULT_BECOME_ASK_PASS"`
	BecomePasswordFile   string `cfg:"BECOME_PASSWORD_FILE"`
	AgnosticBecomePrompt bool   `cfg:"AGNOSTIC_BECOME_PROMPT"`
	SudoUser             string `cfg:"SUDO_BECOME_USER"`
	SudoExe              string `cfg:"SUDO_BECOME_EXE"`
	SudoFlags            string `cfg:"SUDO_BECOME_FLAGS"`
	SudoPassword         string `cfg:"SUDO_BECOME_PASS"`
	SuUser               string `cfg:"SU_BECOME_USER"`
	SuExe                string `cfg:"SU_BECOME_EXE"`
	SuFlags              string `cfg:"SU_BECOME_FLAGS"`
	SuPassword           string `cfg:"SU_BECOME_PASS"`
	DoasUser             string `cfg:"DOAS_BECOME_USER"`
	DoasExe              string `cfg:"DOAS_BECOME_EXE"`
	DoasFlags            string `cfg:"DOAS_BECOME_FLAGS"`
	DoasPassword         string `cfg:"DOAS_BECOME_PASS"`

	// Vault.
	AskVaultPass         bool     `cfg:"DEFAULT_ASK_VAULT_PASS"`
	VaultPasswordFile    string   `cfg:"DEFAULT_VAULT_PASSWORD_FILE"`
	VaultIdentityList    []string `cfg:"DEFAULT_VAULT_IDENTITY_LIST"`
	VaultIdentity        string   `cfg:"DEFAULT_VAULT_IDENTITY"`
	VaultEncryptIdentity string   `cfg:"DEFAULT_VAULT_ENCRYPT_IDENTITY"`
	VaultEncryptSalt     string   `cfg:"VAULT_ENCRYPT_SALT"`
	Editor               string   `cfg:"EDITOR"`

	// What is shown.
	Callback          string `cfg:"DEFAULT_STDOUT_CALLBACK"`
	ResultFormat      string `cfg:"CALLBACK_RESULT_FORMAT"` // json, yaml
	PrettyResults     *bool  `cfg:"CALLBACK_FORMAT_PRETTY"`
	ShowSkippedHosts  bool   `cfg:"DISPLAY_SKIPPED_HOSTS"`
	ShowOKHosts       bool   `cfg:"DISPLAY_OK_HOSTS"`
	FailedToStderr    bool   `cfg:"DISPLAY_FAILED_STDERR"`
	VerboseToStderr   bool   `cfg:"VERBOSE_TO_STDERR"`
	ShowFailedPath    bool   `cfg:"SHOW_TASK_PATH_ON_FAILURE"`
	ShowCustomStats   bool   `cfg:"SHOW_CUSTOM_STATS"`
	CheckModeMarkers  bool   `cfg:"CHECK_MODE_MARKERS"`
	DiffAlways        bool   `cfg:"DIFF_ALWAYS"`
	Verbosity         int    `cfg:"DEFAULT_VERBOSITY"`
	LogPath           string `cfg:"DEFAULT_LOG_PATH"`
	ForceColour       bool   `cfg:"ANSIBLE_FORCE_COLOR"`
	NoColour          bool   `cfg:"ANSIBLE_NOCOLOR"`
	ColourOK          string `cfg:"COLOR_OK"`
	ColourChanged     string `cfg:"COLOR_CHANGED"`
	ColourSkip        string `cfg:"COLOR_SKIP"`
	ColourError       string `cfg:"COLOR_ERROR"`
	ColourUnreachable string `cfg:"COLOR_UNREACHABLE"`
	ColourWarn        string `cfg:"COLOR_WARN"`
	ColourDebug       string `cfg:"COLOR_DEBUG"`
	ColourVerbose     string `cfg:"COLOR_VERBOSE"`
	ColourIncluded    string `cfg:"COLOR_INCLUDED"`
	ColourDiffAdd     string `cfg:"COLOR_DIFF_ADD"`
	ColourDiffRemove  string `cfg:"COLOR_DIFF_REMOVE"`
	ColourDiffLines   string `cfg:"COLOR_DIFF_LINES"`

	origins map[string]string
	values  map[string]any
}

// Environment is what settings are read from.
type Environment struct {
	Lookup func(name string) (string, bool) // a variable, and whether it is there; nil: there are none
	Dir    string                           // the present folder
	NoFile bool                             // look at variables only
}

// System is the environment of this process.
func System() (Environment, error) {
	dir, err := os.Getwd()
	return Environment{Lookup: os.LookupEnv, Dir: dir}, err
}

// Read finds the file and merges it with the environment, which wins. An error says that the file cannot be read, or that a value is none that the setting may have.
func Read(env Environment) (*Config, error) {
	if env.Lookup == nil {
		env.Lookup = func(string) (string, bool) { return "", false }
	}
	r := &reader{env: env, config: &Config{origins: map[string]string{}}, values: map[string]any{}}
	if !env.NoFile {
		if err := r.file(); err != nil {
			return nil, err
		}
	}
	if err := r.settings(); err != nil {
		return nil, err
	}
	r.config.values = r.values
	return r.config, nil
}

// Value gives a setting by its name: bool, int, float64, string, []string, or nil where it was not set and has no default. It is false where there is no setting of this name.
func (c *Config) Value(name string) (any, bool) {
	v, ok := c.values[name]
	return v, ok
}

// Origin says where a setting was set, such as "ansible.cfg: [defaults] forks" or "ANSIBLE_FORKS"; empty: nowhere, it has its default.
func (c *Config) Origin(name string) string { return c.origins[name] }

// reader reads the settings.
type reader struct {
	env    Environment
	ini    ini
	config *Config
	values map[string]any
}

func (r *reader) warn(format string, args ...any) {
	r.config.Warnings = append(r.config.Warnings, fmt.Sprintf(format, args...))
}

// settings computes every setting, and fills the fields of the config.
func (r *reader) settings() error {
	for _, s := range Table() {
		raw := r.raw(s)
		value, err := r.convert(s, raw)
		if err != nil {
			return err
		}
		r.values[s.Name] = value
		if raw.origin != "" {
			r.config.origins[s.Name] = raw.origin
			r.check(s, raw, value)
		}
	}
	v := reflect.ValueOf(r.config).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("cfg")
		if value := r.values[name]; name != "" && value != nil {
			set(v.Field(i), value)
		}
	}
	return nil
}

func set(field reflect.Value, value any) {
	if field.Kind() == reflect.Pointer {
		p := reflect.New(field.Type().Elem())
		set(p.Elem(), value)
		field.Set(p)
		return
	}
	field.Set(reflect.ValueOf(value))
}

// raw is a value as it is written, and where.
type raw struct {
	text   string
	origin string // empty: it is the default
	file   bool   // it stands in the file
}

// raw gives what counts: of the environment the last variable that is there, else of the file the last key, else the default.
func (r *reader) raw(s *Setting) raw {
	out := raw{text: s.Default}
	for _, key := range s.Keys {
		if text, ok := r.ini.get(key); ok {
			section, option, _ := strings.Cut(key, ".")
			out = raw{text, fmt.Sprintf("%s: [%s] %s", r.config.File, section, option), true}
		}
	}
	for _, name := range s.Env {
		if text, ok := r.env.Lookup(name); ok && (text != "" || s.mayBeEmpty()) {
			out = raw{text: text, origin: name}
		}
	}
	return out
}
