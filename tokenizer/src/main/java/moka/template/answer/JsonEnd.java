package moka.template.answer;

/** Finds the end of a JSON object or list in text that arrives in pieces. */
final class JsonEnd {
    private int depth;
    private boolean inString;
    private boolean escaped;
    private int scanned;
    private int end = -1;

    /** @param begin offset of the opening bracket */
    JsonEnd(int begin) {
        this.scanned = begin;
    }

    /** Offset behind the closing bracket, or -1 if it has not arrived. Goes on where the last call stopped. */
    int find(CharSequence text) {
        for (; end < 0 && scanned < text.length(); scanned++) {
            end = after(text.charAt(scanned)) ? scanned + 1 : -1;
        }
        return end;
    }

    /** @return whether the character closes the outermost bracket */
    private boolean after(char one) {
        if (inString) {
            inString = escaped || one != '"';
            escaped = !escaped && one == '\\';
        } else if (one == '"') {
            inString = true;
        } else if (one == '{' || one == '[') {
            depth++;
        } else if (one == '}' || one == ']') {
            return --depth == 0;
        }
        return false;
    }
}
