package protocol

import "strings"

// safetyPrefix begins the text of a safety number's QR code. It is no link, so
// that nothing that opens links takes it.
const safetyPrefix = "P4P SAFETY "

// SafetyQR is a safety number as a QR code carries it: in alphanumeric mode.
func SafetyQR(number string) string { return safetyPrefix + number }

// ParseSafetyQR reads the text of a safety number's QR code: six groups of five
// digits behind the prefix, and nothing else. Code: safety_mismatch.
func ParseSafetyQR(text string) (number string, err error) {
	number, ok := strings.CutPrefix(text, safetyPrefix)
	groups := strings.Split(number, " ")
	ok = ok && len(groups) == 6
	for _, g := range groups {
		ok = ok && len(g) == 5 && strings.Trim(g, "0123456789") == ""
	}
	if !ok {
		return "", Errorf(CodeSafetyMismatch,
			"The QR code holds no safety number: let your friend show the one for you, and take a picture of that. Nobody was marked as verified.")
	}
	return number, nil
}
