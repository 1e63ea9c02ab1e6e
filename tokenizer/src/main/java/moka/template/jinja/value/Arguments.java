package moka.template.jinja.value;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arguments of a call: positional ones first, then named ones. */
public final class Arguments {
    public static final Arguments NONE = new Arguments(new Value[0], new String[0]);

    /** All values; the last {@code names.length} of them are named. */
    private final Value[] values;
    private final String[] names;
    /** Whether the template wrote all names; others come from what it unpacks with two stars. */
    private final boolean namesTrusted;

    /** @param values positional values, then as many as there are names */
    public Arguments(Value[] values, String[] names) {
        this(values, names, true);
    }

    /** @param namesTrusted whether the template itself wrote all names */
    public Arguments(Value[] values, String[] names, boolean namesTrusted) {
        this.values = values;
        this.names = names;
        this.namesTrusted = namesTrusted;
    }

    public static Arguments of(Value... values) {
        return new Arguments(values, NONE.names);
    }

    public int positionalCount() {
        return values.length - names.length;
    }

    public int namedCount() {
        return names.length;
    }

    /** @param index from 0 */
    public Value positional(int index) {
        return values[index];
    }

    public List<Value> positionals() {
        return Arrays.asList(values).subList(0, positionalCount());
    }

    public String name(int index) {
        return names[index];
    }

    /** A name as text of whoever wrote it. */
    public Text nameText(int index) {
        return namesTrusted ? Text.trusted(names[index]) : Text.untrusted(names[index]);
    }

    /** The value of {@link #name}. */
    public Value named(int index) {
        return values[positionalCount() + index];
    }

    /** The value of a named argument, or null. */
    public @Nullable Value named(String name) {
        int index = Arrays.asList(names).indexOf(name);
        return index < 0 ? null : named(index);
    }

    /** These arguments without the first so many positional ones. */
    public Arguments drop(int count) {
        return new Arguments(Arrays.copyOfRange(values, Math.min(count, positionalCount()), values.length), names, namesTrusted);
    }

    /** These arguments with one named argument more. */
    public Arguments with(String name, Value value) {
        var longerValues = Arrays.copyOf(values, values.length + 1);
        var longerNames = Arrays.copyOf(names, names.length + 1);
        longerValues[values.length] = value;
        longerNames[names.length] = name;
        return new Arguments(longerValues, longerNames, namesTrusted);
    }

    /**
     * Assigns the arguments to parameters: one value for each, null where none was given.
     *
     * @param callee what messages call the function
     * @param required how many of the first parameters must be given
     * @throws JinjaException if there are too many, too few, or unknown names
     */
    public @Nullable Value[] bind(String callee, int required, String... parameters) {
        var bound = new @Nullable Value[parameters.length];
        int count = positionalCount();
        if (count > parameters.length) {
            throw JinjaException.type(
                    callee + "() takes at most " + parameters.length + " argument" + (parameters.length == 1 ? "" : "s") + " ("
                            + count + " given)");
        }
        System.arraycopy(values, 0, bound, 0, count);
        for (int i = 0; i < names.length; i++) {
            int at = Arrays.asList(parameters).indexOf(names[i]);
            if (at < 0) {
                throw JinjaException.type(callee + "() got an unexpected keyword argument '" + names[i] + "'");
            }
            if (bound[at] != null) {
                throw JinjaException.type(callee + "() got multiple values for argument '" + names[i] + "'");
            }
            bound[at] = named(i);
        }
        for (int i = 0; i < required; i++) {
            if (bound[i] == null) {
                throw JinjaException.type(callee + "() missing 1 required positional argument: '" + parameters[i] + "'");
            }
        }
        return bound;
    }

    /** Positional arguments of a method that takes no names. @throws JinjaException if there are fewer or more than allowed */
    public void checkPositional(String callee, int least, int most) {
        if (names.length > 0) {
            throw JinjaException.type(callee + "() takes no keyword arguments");
        }
        if (values.length < least) {
            throw JinjaException.type(
                    callee + " expected at least " + least + " argument" + (least == 1 ? "" : "s") + ", got " + values.length);
        }
        if (values.length > most) {
            throw JinjaException.type(
                    callee + " expected at most " + most + " argument" + (most == 1 ? "" : "s") + ", got " + values.length);
        }
    }
}
