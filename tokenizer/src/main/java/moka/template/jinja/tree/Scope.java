package moka.template.jinja.tree;

import java.util.Arrays;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * Variables of one block, and the way to those around it. Names are interned: they are compared by identity, and a linear search
 * through the few names of a block beats a hash table.
 */
public final class Scope {
    private static final int FIRST_CAPACITY = 4;

    private final Run run;
    private final @Nullable Scope outer;
    private final Scope root;
    private String[] names = {};
    private Value[] values = {};
    private int count;

    /** The scope of the template itself, to be filled with the caller's variables. */
    public Scope(Run run) {
        this.run = run;
        this.outer = null;
        this.root = this;
    }

    private Scope(Scope outer) {
        this.run = outer.run;
        this.outer = outer;
        this.root = outer.root;
    }

    public Run run() {
        return run;
    }

    Scope root() {
        return root;
    }

    /** A scope inside of this one. */
    Scope inner() {
        return new Scope(this);
    }

    /** Forgets the variables of this scope: a loop uses one scope for all its rounds. */
    void clear() {
        count = 0;
    }

    /** Sets a variable of this scope. @param name interned */
    public void set(String name, Value value) {
        for (int i = 0; i < count; i++) {
            if (names[i] == name) {
                values[i] = value;
                return;
            }
        }
        if (count == names.length) {
            int capacity = Math.max(FIRST_CAPACITY, 2 * count);
            names = Arrays.copyOf(names, capacity);
            values = Arrays.copyOf(values, capacity);
        }
        names[count] = name;
        values[count++] = value;
    }

    /** The variable of a name here or further out, or null. @param name interned */
    @Nullable Value find(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            for (int i = 0; i < scope.count; i++) {
                if (scope.names[i] == name) {
                    return scope.values[i];
                }
            }
        }
        return null;
    }
}
