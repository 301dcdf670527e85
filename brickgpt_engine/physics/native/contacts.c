/* Where bricks touch, what stands, and the rows of the program. */

#include "paper.h"

#include <string.h>

static const double FOUR[4][2] = {{0.0, -0.25}, {-0.25, 0.0}, {0.0, 0.25}, {0.25, 0.0}};
static const double THREE[3][2] = {{0.125, -0.125}, {-0.25, 0.0}, {0.125, 0.125}};
/* The corners of a pair's hull: a pattern point counts at the two ends of the side that it faces. */
static const int CORNER_POINT[8] = {0, 0, 2, 2, 1, 1, 3, 3};
static const int CORNER_X[8] = {0, 1, 0, 1, 0, 0, 1, 1};
static const int CORNER_Y[8] = {0, 0, 1, 1, 0, 1, 0, 1};

/* Connections from the baseplate up to which no horizontal imbalance can pay, as in force_model.py. */
enum { FAR_AWAY = 100 };

#define BOX(model, i, k) ((int)(model)->box[5 * (i) + (k)])

static int root(int *parent, int node) {
    while (parent[node] != node) {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    return node;
}

/* The smaller of two roots stays one, so that the baseplate's, 0, does. */
static void join(int *parent, int one, int other) {
    one = root(parent, one);
    other = root(parent, other);
    if (one < other)
        parent[other] = one;
    else
        parent[one] = other;
}

static int lies_wide(const Model *model, int brick) { return BOX(model, brick, 0) > 1 && BOX(model, brick, 1) > 1; }

static void add_pair(Model *model, int upper, int lower) {
    Pair *pair = &model->pair[model->pairs++];
    pair->upper = upper;
    pair->lower = lower;
    for (int axis = 0; axis < 2; axis++) {
        int low = BOX(model, upper, 2 + axis), high = low + BOX(model, upper, axis) - 1;
        if (lower != GROUND) {
            int other = BOX(model, lower, 2 + axis), end = other + BOX(model, lower, axis) - 1;
            low = other > low ? other : low;
            high = end < high ? end : high;
        }
        pair->low[axis] = low;
        pair->high[axis] = high;
    }
}

/* Pairs in order of the upper brick, then of the lower. */
static int find_pairs(Model *model, const int32_t *grid, int dim) {
    int n = model->n, cells = 0;
    for (int i = 0; i < n; i++)
        cells += BOX(model, i, 0) * BOX(model, i, 1);
    model->pair = take(sizeof(Pair) * (size_t)cells);
    model->first = take(sizeof(int) * (size_t)(n + 1));
    int *seen = take(sizeof(int) * (size_t)n), *found = take(sizeof(int) * (size_t)cells);
    if (!model->pair || !model->first || !seen || !found)
        return 0;
    memset(seen, -1, sizeof(int) * (size_t)n);
    model->pairs = 0;
    for (int i = 0; i < n; i++) {
        int h = BOX(model, i, 0), w = BOX(model, i, 1), x = BOX(model, i, 2), y = BOX(model, i, 3), z = BOX(model, i, 4);
        model->first[i] = model->pairs;
        if (z == 0) {
            add_pair(model, i, GROUND);
            continue;
        }
        int count = 0;
        for (int dx = 0; dx < h; dx++)
            for (int dy = 0; dy < w; dy++) {
                int owner = grid[((size_t)(x + dx) * dim + (y + dy)) * dim + z - 1];
                if (owner < 0 || owner >= n || seen[owner] == i)
                    continue;
                seen[owner] = i;
                int at = count++;
                for (; at > 0 && found[at - 1] > owner; at--)
                    found[at] = found[at - 1];
                found[at] = owner;
            }
        for (int k = 0; k < count; k++)
            add_pair(model, i, found[k]);
    }
    model->first[n] = model->pairs;
    return 1;
}

static int find_places(Model *model) {
    int points = 0;
    for (int p = 0; p < model->pairs; p++) {
        const Pair *pair = &model->pair[p];
        points += 4 * (pair->high[0] - pair->low[0] + 1) * (pair->high[1] - pair->low[1] + 1);
    }
    model->corner_x = take(sizeof(double) * 8 * (size_t)model->pairs);
    model->corner_y = take(sizeof(double) * 8 * (size_t)model->pairs);
    model->point_x = take(sizeof(double) * (size_t)points);
    model->point_y = take(sizeof(double) * (size_t)points);
    model->bit = take((size_t)points);
    if (!model->bit || !model->corner_x || !model->corner_y || !model->point_x || !model->point_y)
        return 0;
    model->points = 0;
    for (int p = 0; p < model->pairs; p++) {
        Pair *pair = &model->pair[p];
        int wide = lies_wide(model, pair->upper), kinds = wide ? 3 : 4;
        const double(*pattern)[2] = wide ? THREE : FOUR;
        double *cx = model->corner_x + 8 * p, *cy = model->corner_y + 8 * p;
        pair->corners = 0;
        for (int k = 0; k < 8; k++) {
            if (CORNER_POINT[k] >= kinds)
                continue;
            /* A rectangle one cell across has both ends of that side in one place. */
            if ((k == 1 || k == 3) && pair->low[0] == pair->high[0])
                continue;
            if ((k == 5 || k == 7) && pair->low[1] == pair->high[1])
                continue;
            const double *offset = pattern[CORNER_POINT[k]];
            cx[pair->corners] = (CORNER_X[k] ? pair->high[0] : pair->low[0]) + 0.5 + offset[0];
            cy[pair->corners++] = (CORNER_Y[k] ? pair->high[1] : pair->low[1]) + 0.5 + offset[1];
        }
        for (int k = pair->corners; k < 8; k++)
            cx[k] = cx[0], cy[k] = cy[0];
        pair->point = model->points;
        for (int x = pair->low[0]; x <= pair->high[0]; x++)
            for (int y = pair->low[1]; y <= pair->high[1]; y++)
                for (int k = 0; k < kinds; k++) {
                    int across = BOX(model, pair->upper, 1);
                    int cell = (x - BOX(model, pair->upper, 2)) * across + y - BOX(model, pair->upper, 3);
                    model->bit[model->points] = (uint8_t)(4 * cell + k);
                    model->point_x[model->points] = x + 0.5 + pattern[k][0];
                    model->point_y[model->points++] = y + 0.5 + pattern[k][1];
                }
        pair->points = model->points - pair->point;
    }
    return 1;
}

/* Whether a brick that stands is further from the baseplate than FAR_AWAY connections. */
static int reaches_far(const Model *model) {
    int n = model->n;
    if (n <= FAR_AWAY)
        return 0;
    int *away = take(sizeof(int) * (size_t)(n + 1)) ;
    if (!away)
        return 1;
    int more = 1, step = 0, left = n;
    memset(away, -1, sizeof(int) * (size_t)(n + 1));
    away[n] = 0;
    for (; more; step++) {
        more = 0;
        for (int p = 0; p < model->pairs; p++) {
            int up = model->pair[p].upper, low = model->pair[p].lower == GROUND ? n : model->pair[p].lower;
            if (away[up] == step && away[low] < 0)
                away[low] = step + 1, more = 1, left--;
            else if (away[low] == step && away[up] < 0)
                away[up] = step + 1, more = 1, left--;
        }
        if (more && left + step + 1 <= FAR_AWAY)
            return 0;
    }
    return step - 1 > FAR_AWAY;
}

/* Bricks from the lowest layer up, in build order within a layer. */
static int sort_layers(Model *model) {
    int n = model->n, layers = 0;
    for (int i = 0; i < n; i++)
        layers = BOX(model, i, 4) >= layers ? BOX(model, i, 4) + 1 : layers;
    int *at = take(sizeof(int) * (size_t)(layers + 1));
    model->order = take(sizeof(int) * (size_t)n);
    if (!at || !model->order)
        return 0;
    memset(at, 0, sizeof(int) * (size_t)(layers + 1));
    for (int i = 0; i < n; i++)
        at[BOX(model, i, 4) + 1]++;
    for (int z = 0; z < layers; z++)
        at[z + 1] += at[z];
    for (int i = 0; i < n; i++)
        model->order[at[BOX(model, i, 4)]++] = i;
    return 1;
}

/* What stands, joints and rows. What floats falls as one: each of its components has a pair of rows, where all
   that presses against it adds up to nothing, and none of its own. */
static int number_rows(Model *model) {
    int n = model->n, faces = 2 * n + 1;
    int *parent = take(sizeof(int) * (size_t)faces), *piece = take(sizeof(int) * (size_t)(n + 1));
    int *row = take(sizeof(int) * (size_t)faces);
    int *number = take(sizeof(int) * (size_t)faces);
    model->standing = take((size_t)n);
    model->vertical = take(sizeof(int) * (size_t)(n + 1));
    model->bottom = take(sizeof(int) * (size_t)(n + 1));
    model->top = take(sizeof(int) * (size_t)(n + 1));
    model->joint_bottom = take(sizeof(int) * (size_t)n);
    model->joint_top = take(sizeof(int) * (size_t)n);
    if (!parent || !piece || !row || !number || !model->standing || !model->vertical || !model->bottom || !model->top ||
        !model->joint_bottom || !model->joint_top)
        return 0;
    for (int i = 0; i < faces; i++)
        parent[i] = i, row[i] = NO_ROW, number[i] = -1;
    for (int i = 0; i <= n; i++)
        piece[i] = i;
    for (int p = 0; p < model->pairs; p++) {
        int up = model->pair[p].upper, low = model->pair[p].lower;
        join(piece, up + 1, low + 1);
        join(parent, up + 1, low == GROUND ? 0 : low + 1 + n);
    }
    model->joints = 1;
    number[0] = 0;
    int rows = 0;
    for (int k = 0; k < n; k++) {
        int i = model->order[k], faces_of[2] = {root(parent, i + 1), root(parent, i + 1 + n)};
        model->standing[i] = root(piece, i + 1) == 0;
        for (int f = 0; f < 2; f++)
            if (number[faces_of[f]] < 0)
                number[faces_of[f]] = model->joints++;
        model->joint_bottom[i] = number[faces_of[0]];
        model->joint_top[i] = number[faces_of[1]];
        model->vertical[i] = NO_ROW;
        if (!model->standing[i])
            continue;
        model->vertical[i] = rows++;
        for (int f = 0; f < 2; f++)
            if (faces_of[f] && row[faces_of[f]] == NO_ROW) {
                row[faces_of[f]] = rows;
                rows += 2;
            }
        model->bottom[i] = row[faces_of[0]];
        model->top[i] = row[faces_of[1]];
    }
    int *fall = number; /* row of each floating component, by its root */
    for (int i = 0; i <= n; i++)
        fall[i] = NO_ROW;
    for (int i = 0; i < n; i++) {
        if (model->standing[i])
            continue;
        int one = root(piece, i + 1);
        if (fall[one] == NO_ROW) {
            fall[one] = rows;
            rows += 2;
        }
        model->bottom[i] = model->top[i] = fall[one];
    }
    model->vertical[n] = model->bottom[n] = model->top[n] = NO_ROW;
    model->rows = rows;
    return 1;
}

/* One press for each axis and pair of joints that neighbours keep apart. */
static int find_presses(Model *model, const int32_t *grid, int dim) {
    int n = model->n, sides = 0, size = 1;
    for (int i = 0; i < n; i++)
        sides += BOX(model, i, 0) + BOX(model, i, 1);
    while (size < 2 * sides)
        size *= 2;
    uint64_t *known = take(sizeof(uint64_t) * (size_t)size);
    model->press = take(sizeof(Press) * (size_t)sides);
    model->press_first = take(sizeof(int) * (size_t)sides);
    model->press_second = take(sizeof(int) * (size_t)sides);
    model->press_on = take(sizeof(int) * (size_t)sides);
    model->press_by = take(sizeof(int) * (size_t)sides);
    if (!known || !model->press_on || !model->press_by || !model->press || !model->press_first || !model->press_second)
        return 0;
    memset(known, 0, sizeof(uint64_t) * (size_t)size);
    model->presses = 0;
    for (int i = 0; i < n; i++) {
        int h = BOX(model, i, 0), w = BOX(model, i, 1), x = BOX(model, i, 2), y = BOX(model, i, 3), z = BOX(model, i, 4);
        for (int axis = 0; axis < 2; axis++) {
            int beside = axis ? y + w : x + h, cells = axis ? h : w, before = -1;
            if (beside >= dim)
                continue;
            for (int k = 0; k < cells; k++) {
                size_t cell = axis ? (size_t)(x + k) * dim + beside : (size_t)beside * dim + y + k;
                int other = grid[cell * dim + z];
                if (other < 0 || other >= n || other == before)
                    continue;
                before = other;
                int more = model->bottom[other], less = model->bottom[i];
                if (more == less)
                    continue;
                more = more < 0 ? more : more + axis;
                less = less < 0 ? less : less + axis;
                /* Those of the same two joints are one, but what floats is looked at joint by joint. */
                uint64_t code = ((uint64_t)(more + 2) << 32) + (uint64_t)(less + 2);
                if (!model->standing[i] || !model->standing[other])
                    code += ((uint64_t)(other + 1) << 48) + ((uint64_t)(i + 1) << 16);
                size_t slot = (size_t)((code * 0x9E3779B97F4A7C15ull) >> 20) & (size_t)(size - 1);
                while (known[slot] && known[slot] != code)
                    slot = (slot + 1) & (size_t)(size - 1);
                if (known[slot])
                    continue;
                known[slot] = code;
                model->press[model->presses] = (Press){more, less};
                model->press_on[model->presses] = other;
                model->press_by[model->presses] = i;
                model->press_second[model->presses] = 2 * model->joint_bottom[other] + axis;
                model->press_first[model->presses++] = 2 * model->joint_bottom[i] + axis;
            }
        }
    }
    return 1;
}

int build_model(Model *model, const int32_t *grid, int dim) {
    int n = model->n;
    model->cx = take(sizeof(double) * (size_t)(n + 1));
    model->cy = take(sizeof(double) * (size_t)(n + 1));
    if (!model->cx || !model->cy)
        return 0;
    for (int i = 0; i < n; i++) {
        model->cx[i] = BOX(model, i, 2) + BOX(model, i, 0) / 2.0;
        model->cy[i] = BOX(model, i, 3) + BOX(model, i, 1) / 2.0;
    }
    model->cx[n] = model->cy[n] = 0.0;
    if (!sort_layers(model) || !find_pairs(model, grid, dim) || !find_places(model) || !number_rows(model) ||
        !find_presses(model, grid, dim))
        return 0;
    model->far = reaches_far(model);
    model->load = take(sizeof(double) * (size_t)(model->rows + 1));
    if (!model->load)
        return 0;
    memset(model->load, 0, sizeof(double) * (size_t)(model->rows + 1));
    for (int i = 0; i < n; i++)
        if (model->standing[i])
            model->load[model->vertical[i]] = FORCE * model->weight[i];
    return 1;
}
