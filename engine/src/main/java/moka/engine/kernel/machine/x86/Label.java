package moka.engine.kernel.machine.x86;

import java.util.ArrayList;
import java.util.List;

/** A place in the code that jumps refer to: made by {@link Assembler#label}, put in place by {@link Assembler#bind}. */
public final class Label {
    int position = -1;
    final List<Integer> references = new ArrayList<>();

    Label() {}
}
