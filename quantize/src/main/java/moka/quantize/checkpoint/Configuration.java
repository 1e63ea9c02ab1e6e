package moka.quantize.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import moka.quantize.QuantizeException;

/**
 * An object of {@code config.json}, with what a family assumes where it says nothing. A member may have several names, of which the first that is
 * there counts.
 */
final class Configuration {
    private static final String FILE = "config.json";

    private final String path; // for messages, such as "rope_scaling."
    private final Map<String, Object> members;

    private Configuration(String path, Map<String, Object> members) {
        this.path = path;
        this.members = members;
    }

    /** The language model's configuration: the members of {@code text_config} count before those around it. */
    static Configuration of(Map<String, Object> file) {
        Map<String, Object> members = new LinkedHashMap<>(file);
        if (file.get("text_config") instanceof Map<?, ?> text) {
            text.forEach((name, value) -> members.put(String.valueOf(name), value));
        }
        return new Configuration("", members);
    }

    /** The same with values for what is missing. */
    Configuration withDefaults(Map<String, Object> defaults) {
        Map<String, Object> all = new LinkedHashMap<>(defaults);
        all.putAll(members);
        return new Configuration(path, all);
    }

    boolean contains(String name) {
        return members.containsKey(name);
    }

    /** The object under a name, empty where there is none. */
    Configuration object(String name) {
        Map<String, Object> found = new LinkedHashMap<>();
        if (members.get(name) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> found.put(String.valueOf(key), value));
        } else if (members.containsKey(name)) {
            throw wrong(name, "an object");
        }
        return new Configuration(path + name + ".", found);
    }

    /** Names of all members. */
    Set<String> names() {
        return members.keySet();
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** A whole number from 0 to 2^31-1. */
    OptionalLong count(String... names) {
        String name = present(names);
        if (name.isEmpty()) {
            return OptionalLong.empty();
        }
        if (members.get(name) instanceof Long value && value >= 0 && value <= Integer.MAX_VALUE) {
            return OptionalLong.of(value);
        }
        throw wrong(name, "a whole number from 0 to 2147483647");
    }

    /** A whole number from 1 to 2^31-1. */
    int requireCount(String... names) {
        long value = count(names).orElseThrow(() -> missing(names[0]));
        if (value == 0) {
            throw wrong(present(names), "1 or more");
        }
        return (int) value;
    }

    OptionalDouble number(String... names) {
        String name = present(names);
        if (name.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (members.get(name) instanceof Number value && Double.isFinite(value.doubleValue())) {
            return OptionalDouble.of(value.doubleValue());
        }
        throw wrong(name, "a number");
    }

    double requireNumber(String... names) {
        return number(names).orElseThrow(() -> missing(names[0]));
    }

    Optional<String> string(String... names) {
        String name = present(names);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (members.get(name) instanceof String value) {
            return Optional.of(value);
        }
        throw wrong(name, "a string");
    }

    boolean bool(String name, boolean otherwise) {
        if (!members.containsKey(name)) {
            return otherwise;
        }
        if (members.get(name) instanceof Boolean value) {
            return value;
        }
        throw wrong(name, "true or false");
    }

    /** The numbers of an array, if there is one. */
    Optional<float[]> numbers(String name) {
        if (!members.containsKey(name)) {
            return Optional.empty();
        }
        if (!(members.get(name) instanceof List<?> list)) {
            throw wrong(name, "an array of numbers");
        }
        float[] values = new float[list.size()];
        for (int i = 0; i < values.length; i++) {
            if (!(list.get(i) instanceof Number number)) {
                throw wrong(name, "an array of numbers");
            }
            values[i] = number.floatValue();
        }
        return Optional.of(values);
    }

    /** The strings of an array, empty where there is none. */
    List<String> strings(String name) {
        List<String> values = new ArrayList<>();
        if (members.get(name) instanceof List<?> list) {
            for (Object value : list) {
                if (!(value instanceof String text)) {
                    throw wrong(name, "an array of strings");
                }
                values.add(text);
            }
        }
        return values;
    }

    private String present(String... names) {
        for (String name : names) {
            if (members.containsKey(name)) {
                return name;
            }
        }
        return "";
    }

    private QuantizeException missing(String name) {
        return new QuantizeException(FILE + ": " + path + name + " is missing");
    }

    QuantizeException wrong(String name, String expected) {
        String found = String.valueOf(members.get(name));
        String shown = found.length() > 60 ? found.substring(0, 60) + "…" : found;
        return new QuantizeException(FILE + ": " + path + name + " is " + shown + ", expected " + expected);
    }
}
