package moka.tokenizer;

/** {@code \p{Han}}. */
final class Han {
    private Han() {}

    static boolean contains(int codePoint) {
        if (codePoint < 0x2E80 || codePoint >= 0x3040 && codePoint < 0x3190 || codePoint >= 0xAC00 && codePoint < 0xF900) {
            return false;
        }
        if (codePoint >= 0x4E00 && codePoint < 0xA000) {
            return true;
        }
        return Character.UnicodeScript.of(codePoint) == Character.UnicodeScript.HAN && CharacterClasses.isAssigned(codePoint);
    }
}
