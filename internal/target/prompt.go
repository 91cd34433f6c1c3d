package target

import (
	"bytes"
	"regexp"
	"strings"
)

// passwordWords are how su and PAM name a password when they ask for one: they have no option for the prompt, and PAM's may be in the host's language whatever LC_ALL says.
var passwordWords = []string{
	"password", "passphrase", "암호", "비밀번호", "パスワード", "adgangskode", "contraseña", "clave", "contrasenya", "hasło", "heslo", "jelszó", "lösenord", "mật khẩu",
	"mot de passe", "parola", "parolă", "şifre", "parool", "pasahitza", "passord", "passwort", "kennwort", "salasana", "sandi", "senha", "palavra-passe", "wachtwoord", "lykilorð",
	"slaptažodis", "geslo", "lozinka", "zaporka", "fjalëkalimi", "סיסמה", "ססמה", "كلمة السر", "كلمة المرور", "گذرواژه", "лозинка", "парола", "пароль", "κωδικός", "συνθηματικό",
	"पासवर्ड", "गुप्तशब्द", "शब्दकूट", "పాస్‌వర్డ్", "సంకేతపదము", "හස්පදය", "รหัสผ่าน", "密码", "密碼", "口令",
}

// promptInWords matches a prompt that waits for its answer: the last line, not ended, with such a word before its colon. PAM modules add words before it ("LDAP Password:") and
// behind it ("Password for joe:").
var promptInWords = regexp.MustCompile(`(?i)[^\n]*(?:` + strings.Join(passwordWords, "|") + `)[^\n:：]{0,80}[:：][ \t]*$`)

// promptedInWords finds a prompt whose words are the host's.
func promptedInWords(said []byte, _ way) (begin, end int) {
	at := promptInWords.FindIndex(said)
	if at == nil {
		return -1, -1
	}
	return at[0], at[1]
}

// promptedByWord finds the prompt that sudo was told to use.
func promptedByWord(said []byte, w way) (begin, end int) {
	i := bytes.Index(said, []byte(w.prompt))
	return i, i + len(w.prompt)
}
