package moka.engine.grammar;

import java.util.ArrayList;
import java.util.List;

/** Sets of code points by Unicode general category, as the JDK knows them. */
final class GeneralCategory {
    /** Two-letter names in the order of the JDK's constants, 0 to 30; there is no 17. */
    private static final List<String> NAMES = List.of(
            "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "", "Co", "Cs",
            "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf");

    private GeneralCategory() {}

    /** {@code L}, {@code Lu}, …; empty where there is no such category. Cost: all code points once. */
    static CodePoints named(String name) {
        boolean[] wanted = new boolean[NAMES.size()];
        boolean known = false;
        for (int type = 0; type < wanted.length; type++) {
            wanted[type] = !name.isEmpty() && !NAMES.get(type).isEmpty()
                    && (name.length() == 1 ? NAMES.get(type).startsWith(name) : NAMES.get(type).equals(name));
            known |= wanted[type];
        }
        if (!known) {
            return CodePoints.NONE;
        }
        List<Integer> bounds = new ArrayList<>();
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            if (wanted[Character.getType(point)]) {
                int first = point;
                while (point < Character.MAX_CODE_POINT && wanted[Character.getType(point + 1)]) {
                    point++;
                }
                bounds.add(first);
                bounds.add(point);
            }
        }
        return CodePoints.sorted(bounds);
    }
}
