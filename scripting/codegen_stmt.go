package scripting

import (
	"github.com/yuin/gopher-lua/ast"

	lua "github.com/yuin/gopher-lua"
)

func (g *generator) stmts(stmts []ast.Stmt) {
	for _, stmt := range stmts {
		g.at(stmt)
		g.stmt(stmt)
		g.free = len(g.locals)
	}
}

func (g *generator) stmt(stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.AssignStmt:
		g.assign(s)
	case *ast.LocalAssignStmt:
		g.local(s)
	case *ast.FuncCallStmt:
		g.several(s.Expr, 0)
	case *ast.DoBlockStmt:
		g.scoped(s.Stmts)
	case *ast.WhileStmt:
		g.while(s)
	case *ast.RepeatStmt:
		g.repeat(s)
	case *ast.IfStmt:
		g.ifElse(s)
	case *ast.NumberForStmt:
		g.numericFor(s)
	case *ast.GenericForStmt:
		g.genericFor(s)
	case *ast.FuncDefStmt:
		g.functionStmt(s)
	case *ast.ReturnStmt:
		g.returns(s)
	case *ast.BreakStmt:
		g.breaks()
	}
}

func (g *generator) scoped(stmts []ast.Stmt) {
	g.enter(false)
	g.stmts(stmts)
	g.leave()
}

func (g *generator) local(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok { // local function: its name is visible inside
			v := g.declare(s.Names[0])
			g.closure(f, false, v.register)
			return
		}
	}
	g.adjusted(s.Exprs, len(s.Names))
	for _, name := range s.Names {
		g.activate(name)
	}
}

// place is what can be assigned to, its object and key evaluated.
type place struct {
	node        ast.Expr
	variable    *variable
	object, key int
}

func (g *generator) assign(s *ast.AssignStmt) {
	targets := g.places(s.Lhs)
	first, stored := g.free, len(targets)
	if len(s.Rhs) == stored {
		stored--
		g.adjusted(s.Rhs[:stored], stored)
		g.assignOne(s, targets[stored], s.Rhs[stored])
	} else {
		g.adjusted(s.Rhs, stored)
	}
	g.line = s.LastLine()
	for i := stored - 1; i >= 0; i-- {
		g.store(targets[i], first+i)
	}
}

// assignOne puts a value into a place without a register in between, where it can.
func (g *generator) assignOne(s *ast.AssignStmt, target place, expr ast.Expr) {
	if target.variable != nil {
		g.into(expr, target.variable.register)
		return
	}
	var value int
	if _, ok := target.node.(*ast.AttrGetExpr); ok {
		value = g.operand(expr)
	} else {
		value = g.anywhere(expr)
	}
	g.line = s.LastLine()
	g.store(target, value)
}

// places evaluates the objects and keys of what is assigned to.
func (g *generator) places(lhs []ast.Expr) []place {
	places := make([]place, len(lhs))
	if len(lhs) == 1 {
		places[0] = g.place(lhs[0])
		return places
	}
	assigned := map[int]bool{} // registers of variables
	for _, target := range lhs {
		if ident, ok := target.(*ast.IdentExpr); ok {
			if v := g.findLocal(ident.Value); v != nil {
				assigned[v.register] = true
			}
		}
	}
	for i, target := range lhs {
		places[i] = g.place(target)
		places[i].object = g.keep(places[i].object, assigned)
		places[i].key = g.keep(places[i].key, assigned)
	}
	return places
}

// keep copies a variable that is used in one place and assigned to in another of the same statement.
func (g *generator) keep(register int, assigned map[int]bool) int {
	if !assigned[register] {
		return register
	}
	kept := g.alloc(1)
	g.emit(lua.OP_MOVE, kept, register, 0)
	return kept
}

const noRegister = -1

func (g *generator) place(target ast.Expr) place {
	p := place{node: target, object: noRegister, key: noRegister}
	switch e := target.(type) {
	case *ast.IdentExpr:
		p.variable = g.findLocal(e.Value)
	case *ast.AttrGetExpr:
		p.object, p.key = g.anywhere(e.Object), g.operand(e.Key)
	}
	return p
}

// store puts a value, which for an index may be a constant, into a place.
func (g *generator) store(p place, value int) {
	switch e := p.node.(type) {
	case *ast.IdentExpr:
		if p.variable != nil {
			g.emit(lua.OP_MOVE, p.variable.register, value, 0)
		} else if index := g.findUpvalue(e.Value); index >= 0 {
			g.emit(lua.OP_SETUPVAL, value, index, 0)
		} else {
			g.emitBx(lua.OP_SETGLOBAL, value, g.constant(lua.LString(e.Value)))
		}
	case *ast.AttrGetExpr:
		g.emit(storeOp(e.Key), p.object, p.key, value)
	}
}

func (g *generator) functionStmt(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		target := g.place(s.Name.Func)
		if target.variable != nil {
			g.closure(s.Func, false, target.variable.register)
			return
		}
		register := g.alloc(1)
		g.closure(s.Func, false, register)
		g.at(s) // what fails in storing fails where the statement begins
		g.store(target, register)
		return
	}
	object, method := g.anywhere(s.Name.Receiver), g.constantOperand(lua.LString(s.Name.Method))
	register := g.alloc(1)
	g.closure(s.Func, true, register)
	g.at(s)
	g.emit(lua.OP_SETTABLEKS, object, method, register)
}

func (g *generator) returns(s *ast.ReturnStmt) {
	if len(s.Exprs) == 1 {
		// A coroutine that yields in a tail call cannot be resumed by the VM: its last frame would be gone.
		if call, ok := s.Exprs[0].(*ast.FuncCallExpr); ok && !call.AdjustRet && !g.yields {
			base := g.free
			args := g.call(call)
			g.at(call)
			g.emit(lua.OP_TAILCALL, base, args, 0)
			g.line = s.LastLine()
			g.emit(lua.OP_RETURN, base, 0, 0)
			return
		}
		if !givesMany(s.Exprs[0]) {
			value := g.anywhere(s.Exprs[0])
			g.line = s.LastLine()
			g.emit(lua.OP_RETURN, value, 2, 0)
			return
		}
	}
	base := g.free
	open := g.spread(s.Exprs)
	g.line = s.LastLine()
	if open {
		g.emit(lua.OP_RETURN, base, 0, 0)
		return
	}
	g.emit(lua.OP_RETURN, base, len(s.Exprs)+1, 0)
}

func (g *generator) ifElse(s *ast.IfStmt) {
	var done []int
	for {
		otherwise := g.branch(s.Condition, false)
		g.scoped(s.Then)
		if len(s.Else) == 0 {
			g.jumpHere(otherwise...)
			break
		}
		done = append(done, g.jump())
		g.jumpHere(otherwise...)
		if next, ok := s.Else[0].(*ast.IfStmt); ok && len(s.Else) == 1 {
			g.at(next)
			s = next
			continue
		}
		g.scoped(s.Else)
		break
	}
	g.jumpHere(done...)
}

func (g *generator) while(s *ast.WhileStmt) {
	start := g.pc()
	exit := g.branch(s.Condition, false)
	g.enter(true)
	block := g.block
	g.scoped(s.Stmts)
	g.jumpTo(start, g.jump())
	block.breaks = append(block.breaks, exit...)
	g.leave()
}

func (g *generator) repeat(s *ast.RepeatStmt) {
	start := g.pc()
	g.enter(true)
	g.enter(false)
	g.stmts(s.Stmts)
	done := g.branch(s.Condition, true)
	if g.block.captured {
		g.emit(lua.OP_CLOSE, g.block.locals, 0, 0)
	}
	g.jumpTo(start, g.jump())
	g.jumpHere(done...)
	g.leave()
	g.leave()
}

func (g *generator) numericFor(s *ast.NumberForStmt) {
	g.enter(true)
	base := g.free
	g.forNumbers(s)
	for _, name := range []string{"(for index)", "(for limit)", "(for step)"} {
		g.activate(name)
	}
	g.line = s.Init.LastLine()
	prepare := g.emitBx(lua.OP_FORPREP, base, 0)
	g.enter(false)
	g.declare(s.Name)
	g.stmts(s.Stmts)
	g.leave()
	g.line = s.Line()
	loop := g.emitBx(lua.OP_FORLOOP, base, 0)
	g.jumpTo(loop, prepare)
	g.jumpTo(prepare+1, loop)
	g.leave()
}

// forNumbers evaluates where a loop starts, its limit and its step into the next registers.
func (g *generator) forNumbers(s *ast.NumberForStmt) {
	switch {
	case s.Limit == nil:
		g.several(s.Init, 3)
	case s.Step == nil:
		g.next(s.Init)
		g.next(s.Limit)
		g.emitBx(lua.OP_LOADK, g.alloc(1), g.constant(lua.LNumber(1)))
	default:
		g.next(s.Init)
		g.next(s.Limit)
		g.next(s.Step)
	}
}

func (g *generator) genericFor(s *ast.GenericForStmt) {
	g.enter(true)
	base := g.free
	g.adjusted(s.Exprs, 3)
	for _, name := range []string{"(for generator)", "(for state)", "(for control)"} {
		g.activate(name)
	}
	prepare := g.jump()
	g.enter(false)
	for _, name := range s.Names {
		g.declare(name)
	}
	// The call of the iterator needs three places above the control values.
	g.alloc(3)
	g.free -= 3
	g.stmts(s.Stmts)
	g.leave()
	g.jumpHere(prepare)
	g.at(s)
	g.emit(lua.OP_TFORLOOP, base, 0, len(s.Names))
	g.jumpTo(prepare+1, g.jump())
	g.leave()
}

// breaks leaves the innermost loop.
func (g *generator) breaks() {
	captured := false
	for block := g.block; ; block = block.outer {
		captured = captured || block.captured
		if block.loop {
			if captured {
				g.emit(lua.OP_CLOSE, block.locals, 0, 0)
			}
			block.breaks = append(block.breaks, g.jump())
			return
		}
	}
}
