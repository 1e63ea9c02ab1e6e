package moka.template;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The reference data for tests of other packages: JSON as the values that templates take. */
public final class ReferenceData {
    public static final TemplateOptions OPTIONS = SharedData.OPTIONS;

    private ReferenceData() {}

    /** A folder or file of the data; skips the test by name where it is absent. */
    public static Path path(String relative) {
        return SharedData.path(relative);
    }

    public static List<Map<String, Object>> lines(Path path) {
        return SharedData.lines(path).stream().map(SharedData::map).toList();
    }
}
