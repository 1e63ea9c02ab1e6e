package moka.template.jinja;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.value.JinjaException;

/** What is remembered of names while a template is parsed: filters and tests that do not exist, names that macros treat specially. */
final class NamesInUse {
    /** Uses of filters and tests that do not exist, where they cannot be skipped. */
    private final List<JinjaException> unknown = new ArrayList<>();
    /** Special names of the macro being parsed. */
    private SpecialNames special = new SpecialNames();
    /** Whether what is being parsed runs only under a condition: a filter that does not exist is then an error only if it runs. */
    private boolean conditional;

    /** Sets whether what follows runs only under a condition. @return what was set before */
    boolean conditional(boolean now) {
        boolean before = conditional;
        conditional = now;
        return before;
    }

    SpecialNames special() {
        return special;
    }

    /** Collects special names anew. @return where they were collected before */
    SpecialNames special(SpecialNames names) {
        SpecialNames before = special;
        special = names;
        return before;
    }

    void addUnknown(JinjaException use) {
        if (!conditional) {
            unknown.add(use);
        }
    }

    /** Number of unknown names so far, for {@link #forgetUnknownFrom}. */
    int unknownCount() {
        return unknown.size();
    }

    /** Forgets unknown names that turned out to stand in a conditional expression. */
    void forgetUnknownFrom(int count) {
        unknown.subList(count, unknown.size()).clear();
    }

    /** @throws JinjaException if a filter or test does not exist and would have run */
    void check() {
        if (!unknown.isEmpty()) {
            throw unknown.getFirst();
        }
    }
}
