package target

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// passwordWords are how su and PAM name a password when they ask for one: they have no option for the prompt, and PAM's may be in the host's language whatever LC_ALL says.
var passwordWords = []string{
	"password", "passphrase", "암호", "비밀번호", "パスワード", "adgangskode", "contraseña", "clave", "contrasenya", "hasło", "heslo", "jelszó", "lösenord", "mật khẩu",
	"mot de passe", "parola", "parolă", "şifre", "parool", "pasahitza", "passord", "passwort", "kennwort", "salasana", "sandi", "senha", "palavra-passe", "wachtwoord", "lykilorð",
	"slaptažodis", "geslo", "lozinka", "zaporka", "fjalëkalimi", "סיסמה", "ססמה", "كلمة السر", "كلمة المرور", "گذرواژه", "лозинка", "парола", "пароль", "κωδικός", "συνθηματικό",
	"पासवर्ड", "गुप्तशब्द", "शब्दकूट", "పాస్‌వర్డ్", "సంకేతపదము", "හස්පදය", "รหัสผ่าน", "密码", "密碼", "口令",
}

// maxBehindWord is how many characters may stand between the word and the colon: PAM modules add words before it ("LDAP Password:") and behind it ("Password for joe:").
const maxBehindWord = 80

const colons = ":："

// promptedInWords finds a prompt whose words are the host's and that waits for its answer: the last line, not ended, with a word for a password before its colon.
func promptedInWords(said []byte, _ way) (begin, end int) {
	begin = bytes.LastIndexByte(said, '\n') + 1
	line := strings.TrimRight(string(said[begin:]), " \t")
	last, size := utf8.DecodeLastRuneInString(line)
	if !strings.ContainsRune(colons, last) {
		return -1, -1
	}
	line = line[:len(line)-size]
	part := strings.ToLower(line[strings.LastIndexAny(line, colons)+1:])
	for _, word := range passwordWords {
		if i := strings.LastIndex(part, word); i >= 0 && utf8.RuneCountInString(part[i+len(word):]) <= maxBehindWord {
			return begin, len(said)
		}
	}
	return -1, -1
}

// promptedByWord finds the prompt that sudo was told to use.
func promptedByWord(said []byte, w way) (begin, end int) {
	i := bytes.Index(said, []byte(w.prompt))
	return i, i + len(w.prompt)
}
