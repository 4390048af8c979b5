package scripting

import (
	"math"

	"github.com/yuin/gopher-lua/ast"

	lua "github.com/yuin/gopher-lua"
)

// allResults asks a call or ... for all it has.
const allResults = -1

// next evaluates an expression into the next register and gives that.
func (g *generator) next(expr ast.Expr) int {
	register := g.alloc(1)
	g.into(expr, register)
	return register
}

// anywhere evaluates an expression and gives the register its value is in: a local variable's own, or the next.
func (g *generator) anywhere(expr ast.Expr) int {
	if ident, ok := expr.(*ast.IdentExpr); ok {
		if v := g.findLocal(ident.Value); v != nil {
			return v.register
		}
	}
	return g.next(expr)
}

// operand is anywhere, or a constant where the instruction can take one.
func (g *generator) operand(expr ast.Expr) int {
	if value, ok := constantValue(expr); ok {
		return g.constantOperand(value)
	}
	return g.anywhere(expr)
}

func (g *generator) constantOperand(value lua.LValue) int {
	index := g.constant(value)
	if index < maxRKConstants {
		return index | constantBit
	}
	register := g.alloc(1)
	g.emitBx(lua.OP_LOADK, register, index)
	return register
}

// constantValue is the value of a literal, with a minus before it or not.
func constantValue(expr ast.Expr) (lua.LValue, bool) {
	switch e := expr.(type) {
	case *ast.NilExpr:
		return lua.LNil, true
	case *ast.TrueExpr:
		return lua.LTrue, true
	case *ast.FalseExpr:
		return lua.LFalse, true
	case *ast.StringExpr:
		return lua.LString(e.Value), true
	case *ast.NumberExpr, *ast.UnaryMinusOpExpr:
		f, ok := constantNumber(e)
		return lua.LNumber(f), ok
	}
	return nil, false
}

func constantNumber(expr ast.Expr) (float64, bool) {
	switch e := expr.(type) {
	case *ast.NumberExpr:
		return parseNumber(e.Value)
	case *ast.UnaryMinusOpExpr:
		if number, ok := e.Expr.(*ast.NumberExpr); ok {
			f, ok := parseNumber(number.Value)
			return -f, ok && !math.IsNaN(f)
		}
	}
	return 0, false
}

// into evaluates an expression into a register, which is either the highest in use or a local variable's.
func (g *generator) into(expr ast.Expr, register int) {
	if value, ok := constantValue(expr); ok {
		g.at(expr)
		g.emitBx(lua.OP_LOADK, register, g.constant(value))
		return
	}
	mark := g.free
	switch e := expr.(type) {
	case *ast.IdentExpr:
		g.ident(e, register)
	case *ast.AttrGetExpr:
		g.reuse(register)
		g.index(e, register)
	case *ast.ArithmeticOpExpr:
		g.reuse(register)
		lhs, rhs := g.operand(e.Lhs), g.operand(e.Rhs)
		g.at(e)
		g.emit(arithmeticOp(e.Operator), register, lhs, rhs)
	case *ast.UnaryMinusOpExpr:
		g.unary(lua.OP_UNM, e.Expr, e, register)
	case *ast.UnaryNotOpExpr:
		g.unary(lua.OP_NOT, e.Expr, e, register)
	case *ast.UnaryLenOpExpr:
		g.unary(lua.OP_LEN, e.Expr, e, register)
	case *ast.RelationalOpExpr:
		g.reuse(register)
		g.compare(e, true)
		g.emit(lua.OP_LOADBOOL, register, 0, 1)
		g.jumpHere(g.pc() - 2)
		g.emit(lua.OP_LOADBOOL, register, 1, 0)
	case *ast.FunctionExpr:
		g.closure(e, false, register)
	case *ast.LogicalOpExpr:
		if isDecided(e) {
			g.into(e.Rhs, register)
			break
		}
		g.fresh(register, func(fresh int) { g.logical(e, fresh) })
	case *ast.TableExpr:
		g.fresh(register, func(fresh int) { g.table(e, fresh) })
	case *ast.FuncCallExpr, *ast.Comma3Expr:
		g.fresh(register, func(fresh int) {
			g.free = fresh
			g.several(e, 1)
		})
	}
	g.free = mark
}

func (g *generator) at(node ast.PositionHolder) {
	if line := node.Line(); line > 0 {
		g.line = line
	}
}

// reuse has an expression's first operand evaluated into the register that the result is to go to, unless that is a
// variable's.
func (g *generator) reuse(register int) {
	if g.isTemporary(register) {
		g.free = register
	}
}

// isTemporary tells whether a register is the highest in use and no variable's.
func (g *generator) isTemporary(register int) bool {
	return register == g.free-1 && register >= len(g.locals)
}

// fresh has a value built in a register that nothing reads meanwhile: the one wanted, unless that is a variable's.
func (g *generator) fresh(register int, build func(fresh int)) {
	if g.isTemporary(register) {
		build(register)
		return
	}
	temporary := g.alloc(1)
	build(temporary)
	g.emit(lua.OP_MOVE, register, temporary, 0)
}

func (g *generator) ident(e *ast.IdentExpr, register int) {
	g.at(e)
	if v := g.findLocal(e.Value); v != nil {
		if v.register != register {
			g.emit(lua.OP_MOVE, register, v.register, 0)
		}
	} else if index := g.findUpvalue(e.Value); index >= 0 {
		g.emit(lua.OP_GETUPVAL, register, index, 0)
	} else {
		g.emitBx(lua.OP_GETGLOBAL, register, g.constant(lua.LString(e.Value)))
	}
}

func (g *generator) index(e *ast.AttrGetExpr, register int) {
	object, key := g.anywhere(e.Object), g.operand(e.Key)
	g.at(e)
	op := lua.OP_GETTABLE
	if _, ok := e.Key.(*ast.StringExpr); ok {
		op = lua.OP_GETTABLEKS
	}
	g.emit(op, register, object, key)
}

func arithmeticOp(operator string) int {
	switch operator {
	case "+":
		return lua.OP_ADD
	case "-":
		return lua.OP_SUB
	case "*":
		return lua.OP_MUL
	case "/":
		return lua.OP_DIV
	case "%":
		return lua.OP_MOD
	}
	return lua.OP_POW
}

func (g *generator) unary(op int, operand, of ast.Expr, register int) {
	g.reuse(register)
	value := g.anywhere(operand)
	g.at(of)
	g.emit(op, register, value, 0)
}

// compare emits a comparison, and a jump taken if it comes out as wanted.
func (g *generator) compare(e *ast.RelationalOpExpr, wanted bool) int {
	mark := g.free
	lhs, rhs := g.operand(e.Lhs), g.operand(e.Rhs)
	g.free = mark
	g.at(e)
	op := lua.OP_EQ
	switch e.Operator {
	case "~=":
		wanted = !wanted
	case "<":
		op = lua.OP_LT
	case "<=":
		op = lua.OP_LE
	case ">":
		op, lhs, rhs = lua.OP_LT, rhs, lhs
	case ">=":
		op, lhs, rhs = lua.OP_LE, rhs, lhs
	}
	g.emit(op, flag(wanted), lhs, rhs)
	return g.jump()
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// branch evaluates a condition and gives the jumps taken when it is as wanted; otherwise control goes on.
func (g *generator) branch(expr ast.Expr, wanted bool) []int {
	if truth, constant := constantTruth(expr); constant {
		return g.always(truth == wanted)
	}
	switch e := expr.(type) {
	case *ast.UnaryNotOpExpr:
		return g.branch(e.Expr, !wanted)
	case *ast.RelationalOpExpr:
		return []int{g.compare(e, wanted)}
	case *ast.LogicalOpExpr:
		decided := e.Operator == "or" // what the left side must be to decide
		if decided == wanted {
			return append(g.branch(e.Lhs, wanted), g.branch(e.Rhs, wanted)...)
		}
		skip := g.branch(e.Lhs, decided)
		jumps := g.branch(e.Rhs, wanted)
		g.jumpHere(skip...)
		return jumps
	}
	mark := g.free
	value := g.anywhere(expr)
	g.free = mark
	g.at(expr)
	g.emit(lua.OP_TEST, value, 0, flag(wanted))
	return []int{g.jump()}
}

func (g *generator) always(taken bool) []int {
	if taken {
		return []int{g.jump()}
	}
	return nil
}

// isDecided tells of and, or that the left side, a constant, always leaves it to the right one.
func isDecided(e *ast.LogicalOpExpr) bool {
	truth, constant := constantTruth(e.Lhs)
	return constant && truth == (e.Operator == "and")
}

// constantTruth tells whether an expression counts as true, of those that Lua's compiler finds to be constant.
func constantTruth(expr ast.Expr) (truth, constant bool) {
	switch expr.(type) {
	case *ast.NilExpr, *ast.FalseExpr:
		return false, true
	case *ast.TrueExpr, *ast.StringExpr:
		return true, true
	}
	return true, isNumeral(expr)
}

func isNumeral(expr ast.Expr) bool {
	switch e := expr.(type) {
	case *ast.NumberExpr:
		return true
	case *ast.UnaryMinusOpExpr:
		return isNumeral(e.Expr)
	}
	return false
}

// logical evaluates and, or into a register that nothing else uses. The jumps are those of Lua's compiler: error messages
// name a value by the instructions that may have given it.
func (g *generator) logical(e *ast.LogicalOpExpr, register int) {
	done := g.exits(e.Lhs, register, e.Operator == "or")
	g.into(e.Rhs, register)
	g.jumpHere(done...)
}

// exits evaluates an operand of and, or. The jumps it gives are taken with the value in the register, when that is as
// wanted; otherwise the value does not matter, and control goes on.
func (g *generator) exits(expr ast.Expr, register int, wanted bool) []int {
	switch e := expr.(type) {
	case *ast.LogicalOpExpr:
		decided := e.Operator == "or"
		if decided == wanted {
			return append(g.exits(e.Lhs, register, wanted), g.exits(e.Rhs, register, wanted)...)
		}
		skip := g.branch(e.Lhs, decided)
		jumps := g.exits(e.Rhs, register, wanted)
		g.jumpHere(skip...)
		return jumps
	case *ast.IdentExpr:
		if v := g.findLocal(e.Value); v != nil {
			g.emit(lua.OP_TESTSET, register, v.register, flag(wanted))
			return []int{g.jump()}
		}
	}
	if truth, constant := constantTruth(expr); constant {
		if truth != wanted {
			return nil
		}
		g.into(expr, register)
		return g.always(true)
	}
	g.into(expr, register)
	g.emit(lua.OP_TEST, register, 0, flag(wanted))
	return []int{g.jump()}
}

// several evaluates a call or ... into the next registers, with a number of results or all of them.
func (g *generator) several(expr ast.Expr, results int) {
	base := g.free
	switch e := expr.(type) {
	case *ast.Comma3Expr:
		g.at(e)
		g.proto.IsVarArg &^= lua.VarArgNeedsArg
		g.emit(lua.OP_VARARG, g.alloc(1), results+1, 0)
	case *ast.FuncCallExpr:
		args := g.call(e)
		g.at(e)
		g.emit(lua.OP_CALL, base, args, results+1)
	}
	g.free = base
	if results > 0 {
		g.alloc(results)
	}
}

// call evaluates a function and its arguments into the next registers, and gives the instruction's count of these.
func (g *generator) call(e *ast.FuncCallExpr) int {
	base := g.free
	if e.Func != nil {
		g.next(e.Func)
	} else {
		object := g.anywhere(e.Receiver)
		method := g.constantOperand(lua.LString(e.Method))
		g.line = e.LastLine()
		g.emit(lua.OP_SELF, base, object, method)
		g.free = base
		g.alloc(2)
	}
	if g.spread(e.Args) {
		return 0
	}
	return g.free - base
}

// spread evaluates expressions into the next registers, one each; it tells whether the last gave all it has.
func (g *generator) spread(exprs []ast.Expr) bool {
	for i, expr := range exprs {
		if i == len(exprs)-1 && givesMany(expr) {
			g.several(expr, allResults)
			return true
		}
		g.next(expr)
	}
	return false
}

// adjusted evaluates expressions into exactly n next registers.
func (g *generator) adjusted(exprs []ast.Expr, n int) {
	base := g.free
	for i, expr := range exprs {
		if i == len(exprs)-1 && givesMany(expr) && i < n {
			g.several(expr, n-i)
			return
		}
		g.next(expr)
	}
	if missing := n - len(exprs); missing > 0 {
		first := g.alloc(missing)
		g.emit(lua.OP_LOADNIL, first, first+missing-1, 0)
	}
	g.free = base + n
}

func (g *generator) closure(f *ast.FunctionExpr, method bool, register int) {
	inner := generate(g.chunk, g, f, method)
	g.line = max(f.LastLine(), f.Line())
	g.proto.FunctionPrototypes = append(g.proto.FunctionPrototypes, inner.proto)
	g.emitBx(lua.OP_CLOSURE, register, len(g.proto.FunctionPrototypes)-1)
	for _, u := range inner.upvalues {
		op := lua.OP_GETUPVAL
		if u.local {
			op = lua.OP_MOVE
		}
		g.emit(op, 0, u.index, 0)
	}
}

// table evaluates a constructor into the register below the next.
func (g *generator) table(e *ast.TableExpr, register int) {
	g.at(e)
	create := g.emit(lua.OP_NEWTABLE, register, 0, 0)
	items, fields, pending := 0, 0, 0
	flush := func(count int) {
		batch := items/listBatch + 1
		if batch > 0x1ff {
			g.emit(lua.OP_SETLIST, register, count, 0)
			g.add(uint32(batch))
		} else {
			g.emit(lua.OP_SETLIST, register, count, batch)
		}
		items += pending
		pending = 0
		g.free = register + 1
	}
	for i, field := range e.Fields {
		switch {
		case field.Key != nil:
			mark := g.free
			key, value := g.operand(field.Key), g.operand(field.Value)
			g.line = field.Value.LastLine()
			g.emit(storeOp(field.Key), register, key, value)
			g.free = mark
			fields++
		case i == len(e.Fields)-1 && givesMany(field.Value):
			g.several(field.Value, allResults)
			g.line = max(g.line, e.LastLine())
			flush(0)
		default:
			g.next(field.Value)
			if pending++; pending == listBatch {
				flush(pending)
			}
		}
	}
	if pending > 0 {
		g.line = max(g.line, e.LastLine())
		flush(pending)
	}
	if items+fields == 0 {
		// Without a hint the VM makes room for 32 of a kind at the first one.
		items, fields = 4, 1
	}
	g.proto.Code[create] |= uint32(min(fields, 0x1ff))<<9 | uint32(min(items, 0x1ff))
}

// storeOp is the instruction for storing under a key.
func storeOp(key ast.Expr) int {
	if _, ok := key.(*ast.StringExpr); ok {
		return lua.OP_SETTABLEKS
	}
	return lua.OP_SETTABLE
}
