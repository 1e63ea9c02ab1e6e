package moka.cli;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The options of one command line that need no more than a name and a value; each has a number. Filled in by {@link PlainCommandLine}. */
interface PlainOptions {
    /** The number of what is no plain option. */
    int NONE = -1;

    /** What the options belong to. */
    Command command();

    /** The number of an option by any of its names, or {@link #NONE}. */
    int number(String name);

    /** Whether a value follows; otherwise it is a switch. */
    boolean takesValue(int number);

    /** Whether it may be given more than once. */
    boolean repeats(int number);

    /** Turns a switch on. */
    void turnOn(int number);

    /** Takes a value. @throws IllegalArgumentException if picocli might read it in another way, or refuse it */
    void take(int number, String value);

    /** Takes what stands between options. @param index how many such words came before @return false if there is no place for it */
    boolean takeWord(int index, String word);

    /** A number as people write it: no sign or zeros in front. */
    static int integer(String text) {
        return (int) longInteger(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    static long longInteger(String text) {
        return longInteger(text, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    private static long longInteger(String text, long least, long most) {
        long number = Long.parseLong(text);
        if (number < least || number > most || !Long.toString(number).equals(text)) {
            throw new NumberFormatException(text);
        }
        return number;
    }

    static List<String> with(List<String> values, String value) {
        return Stream.concat(values.stream(), Stream.of(value)).toList();
    }

    static String[] with(String @Nullable [] values, String value) {
        String[] more = values == null ? new String[1] : Arrays.copyOf(values, values.length + 1);
        more[more.length - 1] = value;
        return more;
    }

    static boolean[] with(boolean[] values, boolean value) {
        boolean[] more = Arrays.copyOf(values, values.length + 1);
        more[values.length] = value;
        return more;
    }
}
