package moka.template.jinja.value;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Texts cut into lists of texts. */
public final class Splitting {
    private Splitting() {}

    /** {@code split} and {@code rsplit}: at a separator, or at runs of white space if there is none. */
    static Value split(Text self, @Nullable Value separator, @Nullable Value most, boolean fromRight, Run run) {
        long limit = most == null ? -1 : Numbers.longArgument(most);
        limit = limit < 0 ? Long.MAX_VALUE : limit;
        var parts = new ArrayList<Value>();
        if (separator == null || separator == NoneValue.NONE) {
            if (fromRight) {
                splitBlanksFromRight(self, limit, parts, run);
            } else {
                splitBlanks(self, limit, parts, run);
            }
        } else if (!(separator instanceof Text text)) {
            if (separator instanceof Undefined undefined) {
                throw undefined.failure();
            }
            throw JinjaException.type("must be str or None, not " + separator.typeName());
        } else if (text.chars().isEmpty()) {
            throw JinjaException.value("empty separator");
        } else if (fromRight) {
            splitFromRight(self, text.chars(), limit, parts, run);
        } else {
            split(self, text.chars(), limit, parts, run);
        }
        return Sequence.list(parts);
    }

    private static void add(Text self, int begin, int end, List<Value> parts, Run run) {
        run.charge(16 + end - begin);
        parts.add(self.part(begin, end));
    }

    private static void split(Text self, String separator, long limit, List<Value> parts, Run run) {
        String chars = self.chars();
        int begin = 0;
        for (int at = Occurrences.first(chars, separator, 0); at >= 0 && limit-- > 0; at = Occurrences.first(chars, separator, begin)) {
            add(self, begin, at, parts, run);
            begin = at + separator.length();
        }
        add(self, begin, chars.length(), parts, run);
    }

    private static void splitFromRight(Text self, String separator, long limit, List<Value> parts, Run run) {
        String chars = self.chars();
        int end = chars.length();
        while (limit-- > 0) {
            int at = end < separator.length() ? -1 : Occurrences.last(chars, separator, end - separator.length());
            if (at < 0) {
                break;
            }
            add(self, at + separator.length(), end, parts, run);
            end = at;
        }
        add(self, 0, end, parts, run);
        Collections.reverse(parts);
    }

    private static void splitBlanks(Text self, long limit, List<Value> parts, Run run) {
        String chars = self.chars();
        int at = 0;
        while (true) {
            while (at < chars.length() && PythonPrinting.isSpace(chars.charAt(at))) {
                at++;
            }
            if (at == chars.length()) {
                return;
            }
            if (limit-- == 0) {
                add(self, at, chars.length(), parts, run);
                return;
            }
            int begin = at;
            while (at < chars.length() && !PythonPrinting.isSpace(chars.charAt(at))) {
                at++;
            }
            add(self, begin, at, parts, run);
        }
    }

    private static void splitBlanksFromRight(Text self, long limit, List<Value> parts, Run run) {
        String chars = self.chars();
        int at = chars.length();
        while (true) {
            while (at > 0 && PythonPrinting.isSpace(chars.charAt(at - 1))) {
                at--;
            }
            if (at == 0) {
                break;
            }
            int end = at;
            if (limit-- == 0) {
                add(self, 0, end, parts, run);
                break;
            }
            while (at > 0 && !PythonPrinting.isSpace(chars.charAt(at - 1))) {
                at--;
            }
            add(self, at, end, parts, run);
        }
        Collections.reverse(parts);
    }

    /** The lines of a text, cut at every line boundary that Unicode knows. */
    public static Sequence lines(Text self, boolean keepEnds, Run run) {
        String chars = self.chars();
        var parts = new ArrayList<Value>();
        int begin = 0;
        for (int i = 0; i < chars.length(); i++) {
            if (isLineBoundary(chars.charAt(i))) {
                int end = i;
                if (chars.charAt(i) == '\r' && i + 1 < chars.length() && chars.charAt(i + 1) == '\n') {
                    i++;
                }
                add(self, begin, keepEnds ? i + 1 : end, parts, run);
                begin = i + 1;
            }
        }
        if (begin < chars.length()) {
            add(self, begin, chars.length(), parts, run);
        }
        return Sequence.list(parts);
    }

    private static boolean isLineBoundary(char one) {
        return one >= '\n' && one <= '\r' || one >= 0x1c && one <= 0x1e || one == 0x85 || one == 0x2028 || one == 0x2029;
    }

    static Value partition(Text self, Text separator, boolean fromRight) {
        String chars = self.chars();
        if (separator.chars().isEmpty()) {
            throw JinjaException.value("empty separator");
        }
        int at = fromRight ? Occurrences.last(chars, separator.chars(), chars.length()) : Occurrences.first(chars, separator.chars(), 0);
        Text empty = self.part(0, 0);
        if (at < 0) {
            return fromRight ? Sequence.tuple(empty, empty, self) : Sequence.tuple(self, empty, empty);
        }
        int end = at + separator.chars().length();
        return Sequence.tuple(self.part(0, at), self.part(at, end), self.part(end, chars.length()));
    }
}
