package moka.cli.render;

/** Columns that text takes on a terminal: wide characters and emoji two, marks that combine none. */
public final class TextWidth {
    private TextWidth() {}

    public static int of(CharSequence text) {
        int width = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = Character.codePointAt(text, i);
            width += of(codePoint);
            i += Character.charCount(codePoint);
        }
        return width;
    }

    /** The longest beginning that fits in so many columns. */
    public static String cut(String text, int columns) {
        int width = 0;
        int end = 0;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            width += of(codePoint);
            if (width > columns) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return text.substring(0, end);
    }

    /** Width of one code point: 0, 1 or 2. */
    public static int of(int codePoint) {
        if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) {
            return 0;
        }
        if (codePoint < 0x300) {
            return 1;
        }
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT
                || (codePoint >= 0xfe00 && codePoint <= 0xfe0f)) {
            return 0;
        }
        return isWide(codePoint) ? 2 : 1;
    }

    // Unicode's East Asian Width W and F by block, and the emoji that are shown as pictures.
    private static boolean isWide(int c) {
        return (c >= 0x1100 && c <= 0x115f)
                || (c >= 0x231a && c <= 0x231b)
                || (c >= 0x23e9 && c <= 0x23ec)
                || c == 0x23f0
                || c == 0x23f3
                || (c >= 0x25fd && c <= 0x25fe)
                || (c >= 0x2614 && c <= 0x2615)
                || (c >= 0x2648 && c <= 0x2653)
                || c == 0x267f
                || c == 0x2693
                || c == 0x26a1
                || (c >= 0x26aa && c <= 0x26ab)
                || (c >= 0x26bd && c <= 0x26be)
                || (c >= 0x26c4 && c <= 0x26c5)
                || c == 0x26ce
                || c == 0x26d4
                || c == 0x26ea
                || (c >= 0x26f2 && c <= 0x26f3)
                || c == 0x26f5
                || c == 0x26fa
                || c == 0x26fd
                || c == 0x2705
                || (c >= 0x270a && c <= 0x270b)
                || c == 0x2728
                || c == 0x274c
                || c == 0x274e
                || (c >= 0x2753 && c <= 0x2755)
                || c == 0x2757
                || (c >= 0x2795 && c <= 0x2797)
                || c == 0x27b0
                || c == 0x27bf
                || (c >= 0x2b1b && c <= 0x2b1c)
                || c == 0x2b50
                || c == 0x2b55
                || (c >= 0x2e80 && c <= 0x303e)
                || (c >= 0x3041 && c <= 0xa4cf)
                || (c >= 0xa960 && c <= 0xa97c)
                || (c >= 0xac00 && c <= 0xd7a3)
                || (c >= 0xf900 && c <= 0xfaff)
                || (c >= 0xfe10 && c <= 0xfe19)
                || (c >= 0xfe30 && c <= 0xfe6f)
                || (c >= 0xff00 && c <= 0xff60)
                || (c >= 0xffe0 && c <= 0xffe6)
                || (c >= 0x16fe0 && c <= 0x18aff)
                || (c >= 0x1b000 && c <= 0x1b2ff)
                || c == 0x1f004
                || c == 0x1f0cf
                || c == 0x1f18e
                || (c >= 0x1f191 && c <= 0x1f19a)
                || (c >= 0x1f1e6 && c <= 0x1f320)
                || (c >= 0x1f32d && c <= 0x1f335)
                || (c >= 0x1f337 && c <= 0x1f37c)
                || (c >= 0x1f37e && c <= 0x1f393)
                || (c >= 0x1f3a0 && c <= 0x1f3ca)
                || (c >= 0x1f3cf && c <= 0x1f3d3)
                || (c >= 0x1f3e0 && c <= 0x1f3f0)
                || c == 0x1f3f4
                || (c >= 0x1f3f8 && c <= 0x1f43e)
                || c == 0x1f440
                || (c >= 0x1f442 && c <= 0x1f4fc)
                || (c >= 0x1f4ff && c <= 0x1f53d)
                || (c >= 0x1f54b && c <= 0x1f54e)
                || (c >= 0x1f550 && c <= 0x1f567)
                || c == 0x1f57a
                || (c >= 0x1f595 && c <= 0x1f596)
                || c == 0x1f5a4
                || (c >= 0x1f5fb && c <= 0x1f64f)
                || (c >= 0x1f680 && c <= 0x1f6c5)
                || c == 0x1f6cc
                || (c >= 0x1f6d0 && c <= 0x1f6d2)
                || (c >= 0x1f6d5 && c <= 0x1f6df)
                || (c >= 0x1f6eb && c <= 0x1f6ec)
                || (c >= 0x1f6f4 && c <= 0x1f6fc)
                || (c >= 0x1f7e0 && c <= 0x1f7eb)
                || (c >= 0x1f90c && c <= 0x1f9ff)
                || (c >= 0x1fa70 && c <= 0x1faff)
                || (c >= 0x20000 && c <= 0x3fffd);
    }
}
