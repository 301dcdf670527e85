/* From a point near the optimum to columns that may be its basis. */

#include "interior.h"

#include <string.h>

/* Classes of columns by their force over what they lack to pay: those with much of the first are surely basic. */
static const double CLASS[] = {100.0, 1.0, 0.01};
/* Points belong to a set where their pull is this much of the brick's largest. */
static const double LEVEL[] = {0.5, 0.95, 0.05};

enum { CLASSES = sizeof CLASS / sizeof *CLASS, LEVELS = sizeof LEVEL / sizeof *LEVEL };

static int belongs(const Both *both, int column, int class) {
    double ratio = both->x[column] / both->s[column];
    return ratio >= CLASS[class] && (class == 0 || ratio < CLASS[class - 1]);
}

/* A set for each level at which other points belong to it. */
static int add_sets(const Interior *in, int brick, int levels, Column *column) {
    const Model *model = in->model;
    int count = 0;
    for (int level = 0; level < levels; level++) {
        uint64_t mask = 0;
        for (int q = first_point(model, brick); q < last_point(model, brick); q++)
            if (in->pull.x[q] > LEVEL[level] * in->largest.x[brick])
                mask |= (uint64_t)1 << model->bit[q];
        if (mask && (count == 0 || mask != column[0].mask))
            column[count++] = (Column){SET, brick, mask};
    }
    return count;
}

/* Columns of one class, lowest bricks' first. */
static int add_class(const Interior *in, int class, Column *column) {
    const Model *model = in->model;
    int count = 0;
    for (int s = 0; s < model->presses; s++)
        if (belongs(&in->plain, in->presses + s, class))
            column[count++] = (Column){PRESS, s, 0};
    for (int k = 0; k < model->n; k++) {
        int i = model->order[k];
        for (int p = model->first[i]; p < model->first[i + 1]; p++)
            for (int c = 8 * p; c < 8 * p + model->pair[p].corners; c++)
                if (belongs(&in->plain, c, class))
                    column[count++] = (Column){SUPPORT, c, 0};
        for (int r = 6 * i; r < 6 * i + 6; r++)
            if (belongs(&in->plain, in->residuals + r, class))
                column[count++] = (Column){RESIDUAL, r, 0};
        if (belongs(&in->largest, i, class))
            count += add_sets(in, i, class == 0 ? LEVELS : 1, column + count);
    }
    return count;
}

/* Columns that the optimum may be made of, the surest first, and near its duals; 0 where there are none from here. What
   floats is left to others: what presses against it adds up to nothing, and has no inside. */
int near_optimum(Simplex *simplex, Column **column, int *count) {
    const Model *model = simplex->model;
    Interior in;
    if (!all_stand(model))
        return 0;
    *column = take(sizeof(Column) * (size_t)(8 * model->pairs + model->presses + (6 + LEVELS) * model->n + 1));
    if (!*column || !new_interior(&in, model) || !approach(&in))
        return 0;
    *count = 0;
    for (int class = 0; class < CLASSES; class++)
        *count += add_class(&in, class, *column + *count);
    memcpy(simplex->y, in.y, sizeof(double) * (size_t)model->rows);
    return 1;
}
