package protocol

import "testing"

func TestSafetyNumberComesBackFromItsQRCodeAndNothingElseDoes(t *testing.T) {
	const number = "12345 67890 13579 24680 11223 44556"
	if got, err := ParseSafetyQR(SafetyQR(number)); got != number || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if LooksLikeLink(SafetyQR(number)) {
		t.Error("it looks like a link")
	}
	for _, text := range []string{
		"", number, "p4p safety " + number, SafetyQR(number) + " ", SafetyQR(number) + " 00000", SafetyQR("12345 67890"),
		SafetyQR("1234５ 67890 13579 24680 11223 44556"), SafetyQR("123456 7890 13579 24680 11223 44556"), "https://p4p.example/",
	} {
		if got, err := ParseSafetyQR(text); got != "" || CodeOf(err) != CodeSafetyMismatch {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
}
