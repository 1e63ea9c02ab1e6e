package moka.template.jinja.builtin;

import java.time.LocalDateTime;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import org.jspecify.annotations.Nullable;

/** {@code strftime} as the C library does it, in the C locale. */
final class TimeFormat {
    private static final String[] DAYS = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    private static final String[] MONTHS = {
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
    };

    private TimeFormat() {}

    static Text format(Text format, LocalDateTime time, Run run) {
        var out = new TextBuilder(run);
        String chars = format.chars();
        int plain = 0;
        for (int at = chars.indexOf('%'); at >= 0 && at + 1 < chars.length(); at = chars.indexOf('%', plain)) {
            char flag = chars.charAt(at + 1);
            boolean flagged = (flag == '-' || flag == '_' || flag == '0' || flag == '^' || flag == '#') && at + 2 < chars.length();
            int letterAt = flagged ? at + 2 : at + 1;
            String field = field(chars.charAt(letterAt), time);
            out.append(format, plain, at);
            if (field == null) {
                out.append(format, at, letterAt + 1);
            } else {
                out.derived(format, flagged ? flagged(flag, field) : field);
            }
            plain = letterAt + 1;
        }
        return out.append(format, plain, chars.length()).toText();
    }

    private static String flagged(char flag, String field) {
        if (flag == '^' || flag == '#') {
            return field.toUpperCase(java.util.Locale.ROOT);
        }
        int digits = 0;
        while (flag != '0' && digits < field.length() - 1 && (field.charAt(digits) == '0' || field.charAt(digits) == ' ')) {
            digits++;
        }
        return flag == '_' ? " ".repeat(digits) + field.substring(digits) : flag == '-' ? field.substring(digits) : field.replace(' ', '0');
    }

    private static @Nullable String field(char letter, LocalDateTime time) {
        int day = time.getDayOfWeek().getValue();
        return switch (letter) {
            case 'a' -> DAYS[day - 1].substring(0, 3);
            case 'A' -> DAYS[day - 1];
            case 'b', 'h' -> MONTHS[time.getMonthValue() - 1].substring(0, 3);
            case 'B' -> MONTHS[time.getMonthValue() - 1];
            case 'c' -> all(time, 'a', " ", 'b', " ", 'e', " ", 'T', " ", 'Y');
            case 'C' -> two(time.getYear() / 100);
            case 'd' -> two(time.getDayOfMonth());
            case 'D', 'x' -> all(time, 'm', "/", 'd', "/", 'y');
            case 'e' -> padded(time.getDayOfMonth());
            case 'f' -> String.format("%06d", time.getNano() / 1000);
            case 'F' -> all(time, 'Y', "-", 'm', "-", 'd');
            case 'g' -> two(time.get(IsoFields.WEEK_BASED_YEAR) % 100);
            case 'G' -> Integer.toString(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'H' -> two(time.getHour());
            case 'I' -> two(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'j' -> time.getDayOfYear() < 100 ? "0" + two(time.getDayOfYear()) : Integer.toString(time.getDayOfYear());
            case 'k' -> padded(time.getHour());
            case 'l' -> padded(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'm' -> two(time.getMonthValue());
            case 'M' -> two(time.getMinute());
            case 'n' -> "\n";
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'P' -> time.getHour() < 12 ? "am" : "pm";
            case 'r' -> all(time, 'I', ":", 'M', ":", 'S', " ", 'p');
            case 'R' -> all(time, 'H', ":", 'M');
            case 'S' -> two(time.getSecond());
            case 't' -> "\t";
            case 'T', 'X' -> all(time, 'H', ":", 'M', ":", 'S');
            case 'u' -> Integer.toString(day);
            case 'U' -> two((time.getDayOfYear() + 6 - day % 7) / 7);
            case 'V' -> two(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'w' -> Integer.toString(day % 7);
            case 'W' -> two((time.getDayOfYear() + 6 - (day - 1)) / 7);
            case 'y' -> two(time.getYear() % 100);
            case 'Y' -> Integer.toString(time.getYear());
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> null;
        };
    }

    private static String all(LocalDateTime time, Object... parts) {
        var out = new StringBuilder();
        for (Object part : parts) {
            out.append(part instanceof Character letter ? field(letter, time) : part);
        }
        return out.toString();
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : Integer.toString(number);
    }

    private static String padded(int number) {
        return number < 10 ? " " + number : Integer.toString(number);
    }
}
