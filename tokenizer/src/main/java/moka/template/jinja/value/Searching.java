package moka.template.jinja.value;

/** Texts looked for in texts, between optional bounds counted in code points. */
final class Searching {
    private Searching() {}

    /** The part of a text that the bounds of a search leave, in UTF-16 offsets; begin is -1 if nothing can be found there. */
    private record Window(int begin, int end) {
        static Window of(Text self, Arguments arguments) {
            int length = self.length();
            long begin = arguments.positionalCount() > 1 ? bound(arguments.positional(1), 0, length) : 0;
            long end = arguments.positionalCount() > 2 ? bound(arguments.positional(2), length, length) : length;
            return begin > length || begin > end
                    ? new Window(-1, -1)
                    : new Window(self.offset((int) begin), self.offset((int) Math.min(end, length)));
        }

        private static long bound(Value value, int whenNone, int length) {
            if (value == NoneValue.NONE) {
                return whenNone;
            }
            long index = Numbers.longArgument(value);
            return index < 0 ? Math.max(0, index + length) : index;
        }
    }

    static Value search(Text self, Arguments arguments, String method) {
        String needle = TextMethods.text(arguments, 0, method, 3).chars();
        var window = Window.of(self, arguments);
        String chars = self.chars();
        if (method.equals("count")) {
            return IntegerValue.of(window.begin < 0 ? 0 : count(chars, needle, window));
        }
        int at = -1;
        if (window.begin >= 0) {
            boolean last = method.startsWith("r");
            at = last ? Occurrences.last(chars, needle, window.end - needle.length()) : Occurrences.first(chars, needle, window.begin);
            at = at < window.begin || at + needle.length() > window.end ? -1 : at;
        }
        if (at < 0 && method.endsWith("index")) {
            throw JinjaException.value("substring not found");
        }
        return IntegerValue.of(at < 0 ? -1 : self.index(at));
    }

    private static int count(String chars, String needle, Window window) {
        if (needle.isEmpty()) {
            return chars.codePointCount(window.begin, window.end) + 1;
        }
        int count = 0;
        int at = Occurrences.first(chars, needle, window.begin);
        while (at >= 0 && at + needle.length() <= window.end) {
            count++;
            at = Occurrences.first(chars, needle, at + needle.length());
        }
        return count;
    }

    /** {@code startswith} and {@code endswith}, of one text or any of a tuple. */
    static boolean begins(Text self, Arguments arguments, String method) {
        arguments.checkPositional(method, 1, 3);
        var window = Window.of(self, arguments);
        if (arguments.positional(0) instanceof Sequence several && several.isTuple()) {
            boolean any = false;
            for (Value one : several.values()) {
                any |= begins(self, one, window, method);
            }
            return any;
        }
        return begins(self, arguments.positional(0), window, method);
    }

    private static boolean begins(Text self, Value affix, Window window, String method) {
        if (affix instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(affix instanceof Text text)) {
            throw JinjaException.type(method + " first arg must be str or a tuple of str, not " + affix.typeName());
        }
        int length = text.chars().length();
        if (window.begin < 0 || window.end - window.begin < length) {
            return false;
        }
        return self.chars().startsWith(text.chars(), method.equals("startswith") ? window.begin : window.end - length);
    }
}
